// Who is here: roles, light or dark, the own account, the way out.

import { h, onBeforeUnmount, ref } from './vue.js'
import { icon } from './icons.js'
import { roleLabel } from './labels.js'
import { address, link } from './router.js'
import { session, signOut } from './session.js'
import { THEMES, chooseTheme, theme } from './theme.js'

export const PersonMenu = {
  setup() {
    const open = ref(false)
    const element = ref(null)
    const outside = (event) => {
      if (!element.value?.contains(event.target)) open.value = false
    }
    window.addEventListener('pointerdown', outside)
    onBeforeUnmount(() => window.removeEventListener('pointerdown', outside))
    return () =>
      h(
        'div',
        {
          class: 'person',
          ref: element,
          onKeydown: (event) => {
            if (event.key === 'Escape') open.value = false
          },
        },
        [
          h(
            'button',
            {
              type: 'button',
              class: 'person-button',
              'aria-expanded': String(open.value),
              onClick: () => {
                open.value = !open.value
              },
            },
            [icon('user'), h('span', { class: 'person-name' }, session.staff.name), icon('down', { size: 12 })],
          ),
          open.value
            ? h('div', { class: 'menu' }, [
                h('div', { class: 'menu-who' }, [
                  h('strong', null, session.staff.name),
                  h('span', { class: 'quiet' }, session.staff.roles.map(roleLabel).join('、')),
                  session.staff.department ? h('span', { class: 'quiet' }, session.staff.department.name) : null,
                ]),
                h('fieldset', { class: 'themes' }, [
                  h('legend', { class: 'hidden' }, '明暗'),
                  ...THEMES.map(({ code, label }) =>
                    h('label', { key: code, class: { on: theme.choice === code } }, [
                      h('input', {
                        type: 'radio',
                        name: 'theme',
                        class: 'hidden',
                        checked: theme.choice === code,
                        onChange: () => chooseTheme(code),
                      }),
                      label,
                    ]),
                  ),
                ]),
                session.duties.length
                  ? null
                  : link(
                      address('/account'),
                      {
                        class: 'menu-item',
                        onClick: () => {
                          open.value = false
                        },
                      },
                      [icon('lock'), '我的账号'],
                    ),
                h('button', { type: 'button', class: 'menu-item', onClick: () => signOut() }, [
                  icon('out'),
                  '退出登录',
                ]),
              ])
            : null,
        ],
      )
  },
}
