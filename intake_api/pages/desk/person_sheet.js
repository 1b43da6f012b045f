// One account in the hands of an administrator: the system administrator's part or the security administrator's.

import { computed, h, onMounted, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, CopyButton, Sheet, button, problemNote } from './controls.js'
import { ROLES, roleLabel, roleOf, rolesObjection } from './labels.js'
import { ago, fullTime, shortTime } from './clock.js'
import { reference } from './reference.js'
import { sessionList } from './account_page.js'
import { guardsStaff, keepsStaff, session } from './session.js'

/** The roles of a person as boxes to tick; `entry.roles` holds the codes. */
export function roleChoice(entry, problem) {
  const toggle = (code, on) => {
    entry.roles = on ? [...entry.roles, code] : entry.roles.filter((role) => role !== code)
  }
  const box = ({ code, label, help }) =>
    h('label', { key: code, class: ['role', { on: entry.roles.includes(code) }] }, [
      h('input', {
        type: 'checkbox',
        checked: entry.roles.includes(code),
        onChange: (event) => toggle(code, event.target.checked),
      }),
      h('span', null, [h('strong', null, label), h('small', null, help)]),
    ])
  return h('fieldset', { class: 'roles' }, [
    h('legend', null, '角色'),
    h('div', { class: 'role-list' }, ROLES.filter((item) => !item.administrator).map(box)),
    h('p', { class: 'quiet' }, '管理员（各由专人担任，不兼其他角色）'),
    h('div', { class: 'role-list' }, ROLES.filter((item) => item.administrator).map(box)),
    problem ? h('p', { class: 'field-note bad', role: 'alert' }, problem) : null,
  ])
}

/** The department of a person; `entry.department` holds its id. */
export function departmentChoice(entry, needed, problem) {
  return h('div', null, [
    h(ChoiceBox, {
      label: needed ? '部门' : '部门（可不选）',
      placeholder: '输入名称查找',
      options: reference.departments.map(({ id, name }) => ({ value: id, label: name })),
      value: entry.department,
      onPick: (id) => {
        entry.department = id
      },
    }),
    problem ? h('p', { class: 'field-note bad', role: 'alert' }, problem) : null,
  ])
}

export const needsDepartment = (roles) => roles.some((code) => roleOf(code).needsDepartment)

/** Grant roles: what was requested is ticked already. Emits `done`. */
const RolesForm = {
  props: { person: Object },
  emits: ['done', 'cancel'],
  setup(props, { emit }) {
    const asked = props.person.requested_roles.length ? props.person.requested_roles : props.person.roles
    const entry = reactive({ roles: [...asked], department: props.person.department?.id ?? '' })
    const problem = ref(null)
    const busy = ref(false)
    const objection = computed(() => (entry.roles.length ? rolesObjection(entry.roles) : ''))
    const lacks = computed(() => needsDepartment(entry.roles) && !entry.department)
    async function submit(event) {
      event.preventDefault()
      if (busy.value || objection.value || lacks.value) return
      busy.value = true
      problem.value = null
      try {
        const body = { roles: entry.roles, department_id: entry.department }
        await ask('PUT', `/staff/${props.person.id}/roles`, { body })
        emit('done', entry.roles.length ? `已授予：${entry.roles.map(roleLabel).join('、')}。` : '角色已全部收回。')
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    return () =>
      h('form', { class: 'add-staff', onSubmit: submit, novalidate: true }, [
        roleChoice(entry, objection.value || problem.value?.at('/roles')),
        departmentChoice(
          entry,
          needsDepartment(entry.roles),
          lacks.value ? '处置人员只看本部门的案件，请选部门。' : problem.value?.at('/department_id'),
        ),
        problem.value && !problem.value.errors.length ? problemNote(problem.value) : null,
        h('div', { class: 'sheet-do' }, [
          button('返回', { onClick: () => emit('cancel') }),
          button(entry.roles.length ? '授予这些角色' : '收回全部角色', {
            look: 'primary',
            type: 'submit',
            busy: busy.value,
            disabled: Boolean(objection.value || lacks.value),
          }),
        ]),
      ])
  },
}

/** Everything an administrator can do with an account. Emits `changed`, `close`. */
export const PersonSheet = {
  props: { person: Object },
  emits: ['close', 'changed'],
  setup(props, { emit }) {
    const problem = ref(null)
    const done = ref('')
    const link = ref('')
    const busy = ref('')
    const asking = ref(null)
    const granting = ref(false)
    const sessions = ref(null)
    const own = computed(() => props.person.id === session.staff.id)

    async function lookAtSessions() {
      if (!guardsStaff.value) return
      try {
        sessions.value = (await ask('GET', `/staff/${props.person.id}/sessions`)).items
      } catch (error) {
        problem.value = error
      }
    }
    onMounted(lookAtSessions)

    async function act(action) {
      busy.value = action.words
      problem.value = null
      done.value = ''
      asking.value = null
      try {
        const answer = await ask(action.method ?? 'POST', `/staff/${props.person.id}/${action.path}`)
        link.value = answer?.link ?? ''
        done.value = action.done
        emit('changed')
        await lookAtSessions()
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = ''
      }
    }

    const forgotten = computed(() => (keepsStaff.value ? '；忘了的，先请安全管理员作废，再发链接' : ''))
    const systemActions = (person) => [
      person.disabled
        ? {
            words: '启用账号',
            path: 'enable',
            done: '账号已启用，下次登录须先换密码。',
            why: '本人用原来的密码登录，登录后须先换密码。',
          }
        : null,
      person.disabled || person.has_password
        ? null
        : {
            words: '发新的一次性链接',
            path: 'invitation',
            done: '旧链接作废。请把新链接交给本人，72 小时内有效，只能用一次。',
            why: '本人用新链接设置密码，旧链接作废。启用了双因素的，登录时仍要验证码。请先确认是本人要求的。',
          },
      person.disabled
        ? null
        : {
            words: '停用账号',
            path: 'disable',
            done: '账号已停用，会话都已结束。',
            why: '马上不能登录，开着的会话都结束。做过的事仍记在这个姓名下。',
          },
    ]
    const securityActions = (person) => [
      person.locked_until
        ? { words: '解除锁定', path: 'unlock', done: '已解除锁定。', why: '请先确认是本人输错了密码。' }
        : null,
      {
        words: '要求换密码',
        path: 'require-password',
        done: '会话已结束，下次登录须先换密码。',
        why: '开着的会话都结束，下次登录后须先换密码。',
      },
      person.has_password
        ? {
            words: '作废密码',
            path: 'password',
            method: 'DELETE',
            done: '密码已作废，会话都已结束。请系统管理员发新的一次性链接。',
            why: '本人忘了密码才作废。请当面或打电话确认是本人。作废后不能登录，由系统管理员发新的一次性链接重设。',
          }
        : null,
      person.second_factor
        ? {
            words: '重置双因素',
            path: 'second-factor',
            method: 'DELETE',
            done: '已重置，会话都已结束。',
            why: '手机和恢复码都丢了才重置。请当面或打电话确认是本人。重置后只凭密码就能登录，须使用双因素的角色登录后先重新启用。',
          }
        : null,
      sessions.value?.length
        ? {
            words: '结束全部会话',
            path: 'sessions',
            method: 'DELETE',
            done: '会话都已结束。',
            why: '本人须重新登录，没有提交的内容会丢失。',
          }
        : null,
    ]
    const words = (title, children) => [h('dt', null, title), h('dd', null, children)]

    function overview(person) {
      const actions = [
        ...(keepsStaff.value ? systemActions(person) : []),
        ...(guardsStaff.value ? securityActions(person) : []),
      ].filter(Boolean)
      return [
        h('dl', { class: 'facts' }, [
          ...words('角色', person.roles.length ? person.roles.map(roleLabel).join('、') : '还没有'),
          ...(person.requested_roles.length
            ? words('申请', [h('span', { class: 'tag care' }, '待授权'), person.requested_roles.map(roleLabel).join('、')])
            : []),
          ...words('部门', person.department?.name ?? '—'),
          ...words('密码', person.has_password ? `${shortTime(person.password_set_at)} 设置${forgotten.value}` : '还没有设'),
          ...words(
            '双因素',
            person.second_factor ? '已启用' : person.second_factor_compulsory ? '须启用，还没有' : '未启用',
          ),
          ...(person.locked_until ? words('锁定', `到 ${shortTime(person.locked_until)}`) : []),
          ...(person.disabled ? words('停用', h('time', { title: fullTime(person.disabled_at) }, ago(person.disabled_at))) : []),
        ]),
        done.value ? h('div', { class: 'note', role: 'status' }, [icon('check'), h('p', null, done.value)]) : null,
        link.value
          ? h('div', { class: 'one-time' }, [
              h('code', null, link.value),
              h(CopyButton, { text: link.value, words: '复制链接' }),
            ])
          : null,
        problemNote(problem.value),
        asking.value
          ? h('div', { class: 'ask' }, [
              h('p', null, [h('strong', null, `${asking.value.words}？`), ' ', asking.value.why]),
              h('div', { class: 'sheet-do' }, [
                button('取消', {
                  onClick: () => {
                    asking.value = null
                  },
                }),
                button(asking.value.words, { look: 'primary', onClick: () => act(asking.value) }),
              ]),
            ])
          : own.value
            ? h('p', { class: 'quiet' }, '管理员不能改动自己的账号，请由另一位同类管理员办理。')
            : h('div', { class: 'form-do' }, [
                guardsStaff.value
                  ? button(person.requested_roles.length ? '审批授权' : '改角色', {
                      look: 'primary',
                      onClick: () => {
                        granting.value = true
                        done.value = ''
                      },
                    })
                  : null,
                ...actions.map((action) =>
                  button(action.words, {
                    busy: busy.value === action.words,
                    onClick: () => {
                      asking.value = action
                      done.value = ''
                    },
                  }),
                ),
              ]),
        sessions.value?.length
          ? h('section', { class: 'person-sessions' }, [h('h3', null, '登录会话'), sessionList(sessions.value)])
          : null,
      ]
    }

    return () =>
      h(Sheet, { title: props.person.name, wide: granting.value, onClose: () => emit('close') }, () =>
        granting.value
          ? h(RolesForm, {
              person: props.person,
              onCancel: () => {
                granting.value = false
              },
              onDone: (told) => {
                granting.value = false
                done.value = told
                emit('changed')
              },
            })
          : h('div', { class: 'person-sheet' }, overview(props.person)),
      )
  },
}
