// Accounts: the system administrator opens and shuts them, the security administrator says what they may do.

import { computed, h, onMounted, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { CopyButton, Sheet, TextField, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { roleLabel, roleOf, rolesObjection } from './labels.js'
import { ago, fullTime, shortTime } from './clock.js'
import { PersonSheet, departmentChoice, needsDepartment, roleChoice } from './person_sheet.js'
import { guardsStaff, keepsStaff } from './session.js'

/** The one-time link, shown once. */
const LinkSheet = {
  props: { made: Object },
  emits: ['close'],
  setup(props, { emit }) {
    return () =>
      h(Sheet, { title: '账号已开设', onClose: () => emit('close') }, () => [
        h('p', null, ['请把下面的链接交给', h('strong', null, props.made.name), '本人，由本人设置密码。']),
        h('div', { class: 'one-time' }, [
          h('code', null, props.made.link),
          h(CopyButton, { text: props.made.link, words: '复制链接' }),
        ]),
        h('p', null, '角色由安全管理员授权后生效，请通知安全管理员。'),
        h('p', { class: 'note' }, [
          icon('clock'),
          h('span', null, '链接 72 小时内有效，只能用一次。关上这个窗口后不会再显示，请先复制。'),
        ]),
        h('div', { class: 'sheet-do' }, button('知道了', { look: 'primary', onClick: () => emit('close') })),
      ])
  },
}

const AddSheet = {
  emits: ['close', 'made'],
  setup(_props, { emit }) {
    const entry = reactive({ name: '', roles: [], department: '' })
    const problem = ref(null)
    const busy = ref(false)
    const tried = ref(false)
    const objection = computed(() => rolesObjection(entry.roles))
    const departmentNeeded = computed(() => needsDepartment(entry.roles))
    const ready = computed(
      () => entry.name.trim().length >= 2 && !objection.value && (!departmentNeeded.value || entry.department),
    )

    async function submit(event) {
      event.preventDefault()
      tried.value = true
      if (!ready.value || busy.value) return
      busy.value = true
      problem.value = null
      try {
        const body = {
          name: entry.name.trim(),
          roles: entry.roles,
          ...(entry.department ? { department_id: entry.department } : {}),
        }
        const made = await ask('POST', '/staff', { body })
        emit('made', { name: body.name, link: made.link })
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    const named = ['/name', '/roles', '/department_id']
    return () =>
      h(Sheet, { title: '开设账号', wide: true, onClose: () => emit('close') }, () =>
        h('form', { class: 'add-staff', onSubmit: submit, novalidate: true }, [
          h(TextField, {
            label: '姓名（登录用）',
            value: entry.name,
            autocomplete: 'off',
            maxlength: 40,
            autofocus: true,
            hint: '一人一个账号，不能几个人合用。同名的加以区别，如“王芳（七宝）”。',
            problem:
              problem.value?.at('/name') ||
              (tried.value && entry.name.trim().length < 2 ? '请填写姓名，至少两个字。' : ''),
            onInput: (text) => {
              entry.name = text
            },
          }),
          roleChoice(
            entry,
            tried.value || entry.roles.length ? objection.value || problem.value?.at('/roles') : '',
          ),
          departmentChoice(
            entry,
            departmentNeeded.value,
            tried.value && departmentNeeded.value && !entry.department
              ? '处置人员只看本部门的案件，请选部门。'
              : problem.value?.at('/department_id'),
          ),
          problem.value && !named.some((pointer) => problem.value.at(pointer)) ? problemNote(problem.value) : null,
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('开设并生成链接', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}

/** What stands out about an account, the gravest first. */
function standing(person) {
  const tags = [
    [person.disabled, 'off', '已停用', ''],
    [person.requested_roles.length, 'care', '待授权', '等安全管理员授予角色'],
    [person.locked_until, 'care', '已锁定', '连续登录失败'],
    [!person.has_password, 'new', '待设密码', '还没有用一次性链接设置密码'],
    [
      person.has_password && person.second_factor_compulsory && !person.second_factor,
      'new',
      '待启用双因素',
      '下次登录时启用',
    ],
    [person.must_change_password, 'new', '待换密码', '下次登录时更换'],
  ].filter(([on]) => on)
  const shown = tags.length && person.disabled ? tags.slice(0, 1) : tags
  return h(
    'span',
    { class: 'tags' },
    shown.length
      ? shown.map(([, tone, label, title]) => h('span', { key: label, class: ['tag', tone], title }, label))
      : h('span', { class: 'tag done' }, '正常'),
  )
}

export const StaffPage = {
  setup() {
    const people = ref(null)
    const problem = ref(null)
    const adding = ref(false)
    const made = ref(null)
    const words = ref('')
    const chosen = ref(0)
    const person = computed(() => people.value?.find(({ id }) => id === chosen.value) ?? null)
    async function look() {
      problem.value = null
      try {
        const answer = await ask('GET', '/staff')
        people.value = answer.items
      } catch (error) {
        problem.value = error
      }
    }
    onMounted(look)
    const departmentName = (person) => person.department?.name ?? ''
    const found = computed(() =>
      (people.value ?? []).filter((person) => {
        const roles = [...person.roles, ...person.requested_roles].map(roleLabel).join(' ')
        const text = `${person.name} ${roles} ${departmentName(person)}`.toLowerCase()
        return words.value
          .trim()
          .toLowerCase()
          .split(/\s+/)
          .every((word) => text.includes(word))
      }),
    )
    const waiting = computed(
      () => (people.value ?? []).filter((one) => one.requested_roles.length && !one.disabled).length,
    )
    return () =>
      h('main', { class: 'page' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '人员'),
          h('span', { class: 'quiet' }, people.value ? `${people.value.length} 个账号` : ''),
          h('div', { class: 'search' }, [
            icon('search'),
            h('input', {
              type: 'search',
              value: words.value,
              placeholder: '姓名、角色或部门',
              'aria-label': '查找人员',
              onInput: (event) => {
                words.value = event.target.value
              },
            }),
          ]),
          keepsStaff.value
            ? button('开设账号', {
                look: 'primary',
                glyph: 'plus',
                onClick: () => {
                  adding.value = true
                },
              })
            : null,
        ]),
        problemNote(problem.value, look),
        guardsStaff.value && waiting.value
          ? h('div', { class: 'note' }, [icon('user'), h('p', null, `有 ${waiting.value} 个账号等您授权。`)])
          : null,
        !people.value && !problem.value ? h('div', { class: 'card' }, skeleton(8)) : null,
        people.value && !found.value.length
          ? emptyPlace('user', '没有找到', h('p', null, '换个姓名、角色或部门再找。'))
          : null,
        found.value.length
          ? h(
              'div',
              { class: 'table-box' },
              h('table', { class: 'staff' }, [
                h(
                  'thead',
                  null,
                  h(
                    'tr',
                    null,
                    ['姓名', '角色', '部门', '状态', '双因素', '开设', ''].map((title) => h('th', { scope: 'col' }, title)),
                  ),
                ),
                h(
                  'tbody',
                  null,
                  found.value.map((person) =>
                    h('tr', { key: person.id }, [
                      h('td', { 'data-title': '姓名' }, h('strong', null, person.name)),
                      h(
                        'td',
                        { 'data-title': '角色' },
                        h(
                          'span',
                          { class: 'role-words' },
                          person.roles.length
                            ? person.roles.map((code) =>
                                h('span', { key: code, class: 'role-word', title: roleOf(code).help }, roleLabel(code)),
                              )
                            : h(
                                'span',
                                { class: 'quiet' },
                                person.requested_roles.length
                                  ? `申请${person.requested_roles.map(roleLabel).join('、')}`
                                  : '—',
                              ),
                        ),
                      ),
                      h('td', { 'data-title': '部门' }, departmentName(person) || h('span', { class: 'quiet' }, '—')),
                      h('td', { 'data-title': '状态' }, standing(person)),
                      h(
                        'td',
                        { 'data-title': '双因素' },
                        person.second_factor ? h('span', null, '已启用') : h('span', { class: 'quiet' }, '—'),
                      ),
                      h(
                        'td',
                        { 'data-title': '开设' },
                        h(
                          'time',
                          { title: fullTime(person.created_at) },
                          `${shortTime(person.created_at)} · ${ago(person.created_at)}`,
                        ),
                      ),
                      h(
                        'td',
                        { class: 'row-do' },
                        button('办理', {
                          'aria-label': `办理 ${person.name}`,
                          onClick: () => {
                            chosen.value = person.id
                          },
                        }),
                      ),
                    ]),
                  ),
                ),
              ]),
            )
          : null,
        person.value
          ? h(PersonSheet, {
              key: person.value.id,
              person: person.value,
              onClose: () => {
                chosen.value = 0
              },
              onChanged: look,
            })
          : null,
        adding.value
          ? h(AddSheet, {
              onClose: () => {
                adding.value = false
              },
              onMade: (link) => {
                adding.value = false
                made.value = link
                look()
              },
            })
          : null,
        made.value
          ? h(LinkSheet, {
              made: made.value,
              onClose: () => {
                made.value = null
              },
            })
          : null,
      ])
  },
}
