// Accounts, for the system administrator: who there is, and a one-time link for somebody new.

import { computed, h, onMounted, reactive, ref } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, CopyButton, Sheet, TextField, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { ROLES, roleLabel, roleOf, rolesObjection } from './labels.js'
import { ago, fullTime, shortTime } from './clock.js'
import { reference } from './reference.js'

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
    const needsDepartment = computed(() => entry.roles.some((code) => roleOf(code).needsDepartment))
    const ready = computed(
      () => entry.name.trim().length >= 2 && !objection.value && (!needsDepartment.value || entry.department),
    )

    function toggle(code, on) {
      entry.roles = on ? [...entry.roles, code] : entry.roles.filter((role) => role !== code)
    }
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
    const role = ({ code, label, help }) =>
      h('label', { key: code, class: ['role', { on: entry.roles.includes(code) }] }, [
        h('input', {
          type: 'checkbox',
          checked: entry.roles.includes(code),
          onChange: (event) => toggle(code, event.target.checked),
        }),
        h('span', null, [h('strong', null, label), h('small', null, help)]),
      ])
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
          h('fieldset', { class: 'roles' }, [
            h('legend', null, '角色'),
            h('div', { class: 'role-list' }, ROLES.filter((item) => !item.administrator).map(role)),
            h('p', { class: 'quiet' }, '管理员（各由专人担任，不兼其他角色）'),
            h('div', { class: 'role-list' }, ROLES.filter((item) => item.administrator).map(role)),
            (tried.value || entry.roles.length) && (objection.value || problem.value?.at('/roles'))
              ? h('p', { class: 'field-note bad', role: 'alert' }, objection.value || problem.value.at('/roles'))
              : null,
          ]),
          h('div', null, [
            h(ChoiceBox, {
              label: needsDepartment.value ? '部门' : '部门（可不选）',
              placeholder: '输入名称查找',
              options: reference.departments.map(({ id, name }) => ({ value: id, label: name })),
              value: entry.department,
              onPick: (id) => {
                entry.department = id
              },
            }),
            tried.value && needsDepartment.value && !entry.department
              ? h('p', { class: 'field-note bad', role: 'alert' }, '处置人员只看本部门的案件，请选部门。')
              : problem.value?.at('/department_id')
                ? h('p', { class: 'field-note bad', role: 'alert' }, problem.value.at('/department_id'))
                : null,
          ]),
          problem.value && !named.some((pointer) => problem.value.at(pointer)) ? problemNote(problem.value) : null,
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('开设并生成链接', { look: 'primary', type: 'submit', busy: busy.value }),
          ]),
        ]),
      )
  },
}

function standing(person) {
  if (person.disabled) return h('span', { class: 'tag off' }, '已停用')
  if (!person.has_password) return h('span', { class: 'tag new', title: '还没有用一次性链接设置密码' }, '待设密码')
  return h('span', { class: 'tag done' }, '正常')
}

export const StaffPage = {
  setup() {
    const people = ref(null)
    const problem = ref(null)
    const adding = ref(false)
    const made = ref(null)
    const words = ref('')
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
        const text = `${person.name} ${person.roles.map(roleLabel).join(' ')} ${departmentName(person)}`.toLowerCase()
        return words.value
          .trim()
          .toLowerCase()
          .split(/\s+/)
          .every((word) => text.includes(word))
      }),
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
          button('开设账号', {
            look: 'primary',
            glyph: 'plus',
            onClick: () => {
              adding.value = true
            },
          }),
        ]),
        problemNote(problem.value, look),
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
                    ['姓名', '角色', '部门', '状态', '开设'].map((title) => h('th', { scope: 'col' }, title)),
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
                          person.roles.map((code) =>
                            h('span', { key: code, class: 'role-word', title: roleOf(code).help }, roleLabel(code)),
                          ),
                        ),
                      ),
                      h('td', { 'data-title': '部门' }, departmentName(person) || h('span', { class: 'quiet' }, '—')),
                      h('td', { 'data-title': '状态' }, standing(person)),
                      h(
                        'td',
                        { 'data-title': '开设' },
                        h(
                          'time',
                          { title: fullTime(person.created_at) },
                          `${shortTime(person.created_at)} · ${ago(person.created_at)}`,
                        ),
                      ),
                    ]),
                  ),
                ),
              ]),
            )
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
