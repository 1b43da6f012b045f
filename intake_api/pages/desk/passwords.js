// The rules for passwords, shown while typing. The server checks the same ones.

import { h } from './vue.js'
import { icon } from './icons.js'
import { TextField } from './controls.js'

export const SHORTEST = 10

/** Each rule as `{words, met}` for a password of somebody called `name`. */
export function passwordRules(password, name = '') {
  const classes = [/[a-z]/, /[A-Z]/, /\p{Nd}/u, /[^a-zA-Z\p{Nd}]/u].filter((kind) => kind.test(password)).length
  const own = name.trim().toLowerCase()
  return [
    { words: `至少 ${SHORTEST} 个字符`, met: [...password].length >= SHORTEST },
    { words: '大写字母、小写字母、数字、符号，至少三类', met: classes >= 3 },
    { words: '不含姓名', met: password.length > 0 && (!own || !password.toLowerCase().includes(own)) },
  ]
}

export const passwordGood = (password, name) => passwordRules(password, name).every((rule) => rule.met)

/** The rules as a list that ticks itself off. */
export function ruleList(password, name, id) {
  return h(
    'ul',
    { class: 'rules', id },
    passwordRules(password, name).map(({ words, met }) =>
      h('li', { class: { met } }, [
        h('span', { class: 'rule-mark' }, met ? icon('check', { size: 13 }) : null),
        words,
        h('span', { class: 'hidden' }, met ? '（已满足）' : '（未满足）'),
      ]),
    ),
  )
}

/** A password twice, with the rules ticking off. `entry`: `{password, again}`. */
export function passwordPair(entry, name, id, problem, label = '密码') {
  const differs = entry.again && entry.password !== entry.again
  return [
    h(
      TextField,
      {
        label,
        type: 'password',
        value: entry.password,
        autocomplete: 'new-password',
        problem,
        describedby: id,
        onInput: (text) => {
          entry.password = text
        },
      },
      { default: () => ruleList(entry.password, name, id) },
    ),
    h(TextField, {
      label: '再输一遍',
      type: 'password',
      value: entry.again,
      autocomplete: 'new-password',
      problem: differs ? '两次输入的密码不一样。' : '',
      onInput: (text) => {
        entry.again = text
      },
    }),
  ]
}

export const pairGood = (entry, name) => passwordGood(entry.password, name) && entry.password === entry.again
