// A one-time link: a new colleague sets a password, or, on the first day, three administrators are founded.

import { computed, h, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { TextField, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { roleLabel, roleOf } from './labels.js'
import { pairGood, passwordPair } from './passwords.js'
import { fullTime } from './clock.js'
import { go, route } from './router.js'
import { doorway } from './login.js'
import { session, signOut } from './session.js'

const ADMINISTRATORS = ['sysadmin', 'secadmin', 'auditor']

function done(words) {
  return h(
    'div',
    { class: 'card' },
    emptyPlace('check', '设置好了', [
      h('p', null, words),
      button('去登录', { look: 'primary', onClick: () => go('/desk', { replace: true }) }),
    ]),
  )
}

const FoundingForm = {
  props: { token: String },
  setup(props) {
    const people = reactive(ADMINISTRATORS.map((role) => ({ role, name: '', password: '', again: '' })))
    const problem = ref(null)
    const busy = ref(false)
    const finished = ref(false)
    const names = computed(() => people.map((person) => person.name.trim()))
    const twice = (i) =>
      Boolean(names.value[i]) && names.value.indexOf(names.value[i]) !== names.value.lastIndexOf(names.value[i])
    const ready = computed(() =>
      people.every((person, i) => names.value[i].length >= 2 && !twice(i) && pairGood(person, person.name)),
    )

    async function submit(event) {
      event.preventDefault()
      if (!ready.value || busy.value) return
      busy.value = true
      problem.value = null
      try {
        const administrators = people.map(({ role, name, password }) => ({ role, name: name.trim(), password }))
        await ask('POST', `/invitations/${encodeURIComponent(props.token)}`, { body: { administrators } })
        for (const person of people) person.password = person.again = ''
        finished.value = true
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    const nameProblem = (i) =>
      twice(i) ? '三个人的姓名不能相同。' : (problem.value?.at(`/administrators/${i}/name`) ?? '')

    return () =>
      finished.value
        ? done('三位管理员可以各自登录了。第一次登录时用手机启用双因素。之后系统管理员在“人员”里给同事开设账号，安全管理员授予角色。')
        : h('form', { class: 'founding', onSubmit: submit, novalidate: true }, [
            h('div', { class: 'founding-why' }, [
              h('h1', null, '设立三位管理员'),
              h(
                'p',
                null,
                '系统还没有任何账号。按网络安全等级保护的要求，管理权分在三个人手里：开账号的人管不了权限策略，管权限的人改不了记录，查记录的人不能动任何数据。任何一个人都不能独自做了手脚又抹去痕迹。',
              ),
              h(
                'p',
                { class: 'quiet' },
                '请三个人分别在这里输入自己的密码，互不相看。三位管理员都看不到案件内容。这个链接只能用一次。',
              ),
            ]),
            h(
              'div',
              { class: 'founding-people' },
              people.map((person, i) =>
                h('fieldset', { class: 'card', key: person.role }, [
                  h('legend', null, roleLabel(person.role)),
                  h('p', { class: 'quiet' }, `${roleOf(person.role).help}。`),
                  h(TextField, {
                    label: '姓名（登录用）',
                    value: person.name,
                    autocomplete: 'off',
                    maxlength: 40,
                    autofocus: i === 0,
                    problem: nameProblem(i),
                    onInput: (text) => {
                      person.name = text
                    },
                  }),
                  ...passwordPair(
                    person,
                    person.name,
                    `rules-${person.role}`,
                    problem.value?.at(`/administrators/${i}/password`) ?? '',
                  ),
                ]),
              ),
            ),
            problemNote(problem.value),
            h('div', { class: 'founding-do' }, [
              button('设立三位管理员', { look: 'primary', type: 'submit', busy: busy.value, disabled: !ready.value }),
              ready.value ? null : h('span', { class: 'quiet' }, '三个人都填好后可以提交。'),
            ]),
          ])
  },
}

const PasswordForm = {
  props: { token: String, invitation: Object },
  setup(props) {
    const entry = reactive({ password: '', again: '' })
    const problem = ref(null)
    const busy = ref(false)
    const finished = ref(false)
    async function submit(event) {
      event.preventDefault()
      if (busy.value || !pairGood(entry, props.invitation.name)) return
      busy.value = true
      problem.value = null
      try {
        await ask('POST', `/invitations/${encodeURIComponent(props.token)}`, { body: { password: entry.password } })
        entry.password = entry.again = ''
        finished.value = true
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    return () => {
      const { name, roles, expires_at: expires } = props.invitation
      return finished.value
        ? done(`账号“${name}”的密码已设好。`)
        : h('form', { class: 'card', onSubmit: submit, novalidate: true }, [
            h('h1', null, '设置密码'),
            h('dl', { class: 'facts' }, [
              h('dt', null, '姓名'),
              h('dd', null, name),
              ...(roles.length ? [h('dt', null, '角色'), h('dd', null, roles.map(roleLabel).join('、'))] : []),
              h('dt', null, '有效期'),
              h('dd', null, `${fullTime(expires)} 前`),
            ]),
            // browsers keep a password together with the name in the same form
            h('input', {
              class: 'hidden',
              type: 'text',
              autocomplete: 'username',
              value: name,
              readonly: true,
              tabindex: -1,
              'aria-hidden': 'true',
            }),
            ...passwordPair(entry, name, 'rules', problem.value?.at('/password') ?? ''),
            problem.value && !problem.value.at('/password') ? problemNote(problem.value) : null,
            button('设好密码', {
              look: 'primary',
              type: 'submit',
              busy: busy.value,
              disabled: !pairGood(entry, name),
              class: 'whole',
            }),
          ])
    }
  },
}

export const InvitationPage = {
  setup() {
    const { token } = route.params
    const invitation = ref(null)
    const problem = ref(null)
    async function look() {
      problem.value = null
      try {
        invitation.value = await ask('GET', `/invitations/${encodeURIComponent(token)}`)
      } catch (error) {
        problem.value = error
      }
    }
    look()
    return () => {
      if (problem.value) {
        const gone = [404, 410].includes(problem.value.status)
        return doorway(
          h(
            'div',
            { class: 'card' },
            gone
              ? emptyPlace('link', '这个链接用不了', [
                  h('p', null, problem.value.detail),
                  h('p', { class: 'quiet' }, '链接 72 小时内有效，只能用一次。请找系统管理员。'),
                  button('去登录', { onClick: () => go('/desk', { replace: true }) }),
                ])
              : problemNote(problem.value, look),
          ),
        )
      }
      if (!invitation.value) return doorway(h('div', { class: 'card' }, skeleton(6)))
      const founding = invitation.value.kind === 'founding'
      return doorway(
        [
          // setting another one's password while signed in would end in confusion about who is at the desk
          session.state === 'in'
            ? h('div', { class: 'note' }, [
                icon('user'),
                h('p', null, `您现在以“${session.staff.name}”登录。`),
                button('退出', { look: 'quiet', onClick: () => signOut('') }),
              ])
            : null,
          founding ? h(FoundingForm, { token }) : h(PasswordForm, { token, invitation: invitation.value }),
        ],
        { wide: founding },
      )
    }
  },
}
