// Light or dark: as the computer says, or as the person chose.

import { reactive } from './vue.js'

const KEY = 'yht.desk.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')

/** `choice` is auto, light or dark; `shown` is light or dark. */
export const theme = reactive({ choice: stored(), shown: 'light' })

export const THEMES = [
  { code: 'auto', label: '跟随系统' },
  { code: 'light', label: '浅色' },
  { code: 'dark', label: '深色' },
]

function stored() {
  try {
    const choice = localStorage.getItem(KEY)
    return ['light', 'dark'].includes(choice) ? choice : 'auto'
  } catch {
    return 'auto'
  }
}

function apply() {
  theme.shown = theme.choice === 'auto' ? (system.matches ? 'dark' : 'light') : theme.choice
  document.documentElement.dataset.theme = theme.shown
}

export function chooseTheme(choice) {
  theme.choice = choice
  try {
    localStorage.setItem(KEY, choice)
  } catch {
    // storage may be forbidden: the choice then lasts until the page is closed
  }
  apply()
}

system.addEventListener('change', apply)
apply()
