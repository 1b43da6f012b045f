// What the assistant learns from: corrections of staff to accept or not, and how well each trained model understands.

import { computed, h, onMounted, ref, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { icon } from './icons.js'
import { button, emptyPlace, problemNote, skeleton } from './controls.js'
import { ago, fullTime, shortTime } from './clock.js'
import { grouped } from './case_number.js'
import { address, link, route } from './router.js'

const STATES = [
  { code: 'new', label: '待审核', tone: 'new' },
  { code: 'accepted', label: '已采用', tone: 'done' },
  { code: 'rejected', label: '不采用', tone: 'off' },
  { code: 'all', label: '全部', tone: 'off' },
]
const FIGURES = [
  { name: 'act_accuracy', label: '诉求类型', help: '说的是反映、催办还是别的：判断对的占比' },
  { name: 'category_top1', label: '类别', help: '第一个类别就对的占比' },
  { name: 'category_top3', label: '类别前三', help: '对的类别在前三个里的占比' },
  { name: 'location_f1', label: '地点', help: '找到的地点：精确率与召回率的调和平均 F1' },
]
const NO_CHANGE = 0.0005

const percent = (share) => `${(share * 100).toFixed(1)}%`
const time = (moment) =>
  h('time', { datetime: moment, title: fullTime(moment) }, `${shortTime(moment)} · ${ago(moment)}`)

/** The text with the corrected place marked; offsets count code points. */
function marked(text, places) {
  const letters = Array.from(text)
  const parts = []
  let at = 0
  for (const [start, end] of places) {
    parts.push(letters.slice(at, start).join(''), h('mark', null, letters.slice(start, end).join('')))
    at = end
  }
  return [...parts, letters.slice(at).join('')]
}

function change(record, name) {
  const { figures, previous, heldout } = record
  if (!previous) return null
  if (previous.heldout !== heldout) return h('small', { class: 'quiet', title: '测试的话不是同一批' }, '不可比')
  const step = figures[name] - previous.figures[name]
  if (Math.abs(step) < NO_CHANGE) return h('small', { class: 'quiet' }, '持平')
  return h(
    'small',
    { class: step > 0 ? 'better' : 'worse', title: `上一个模型 ${percent(previous.figures[name])}` },
    `${step > 0 ? '升' : '降'} ${(Math.abs(step) * 100).toFixed(1)}`,
  )
}

function learntFrom({ utterances, tickets, corrections }) {
  return [`${utterances} 条自写`, tickets ? `${tickets} 条历史工单` : '', corrections ? `${corrections} 条更正` : '']
    .filter(Boolean)
    .join('，')
}

function modelCard(model) {
  const { in_use: used, history } = model
  const cell = (title, children) => h('td', { 'data-title': title }, h('span', null, children))
  const titles = ['训练时间', '模型', '学了什么', ...FIGURES.map(({ label }) => label)]
  return h('section', { class: 'block', 'aria-label': '助手的模型' }, [
    h('h2', null, '助手的模型'),
    h(
      'p',
      { class: 'quiet' },
      used
        ? ['正在使用 ', h('code', null, used.fingerprint), used.record ? null : '（不是在这里训练的）']
        : '助手现在没有回答，不知道用的是哪个模型。',
    ),
    history.length
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
                titles.map((title, i) => h('th', { scope: 'col', title: FIGURES[i - 3]?.help }, title)),
              ),
            ),
            h(
              'tbody',
              null,
              history.map((record) =>
                h('tr', { key: record.fingerprint }, [
                  cell('训练时间', [
                    time(record.trained_at),
                    h('small', { class: 'quiet' }, ` 用时 ${Math.round(record.seconds)} 秒`),
                  ]),
                  cell('模型', [
                    h('code', null, record.fingerprint.slice(0, 8)),
                    ' ',
                    used?.fingerprint === record.fingerprint ? h('span', { class: 'tag done' }, '在用') : null,
                  ]),
                  cell('学了什么', learntFrom(record.counts)),
                  ...FIGURES.map(({ name, label }) =>
                    cell(
                      label,
                      record.figures
                        ? h('span', { class: 'figure' }, [percent(record.figures[name]), ' ', change(record, name)])
                        : '未测',
                    ),
                  ),
                ]),
              ),
            ),
          ]),
        )
      : h('p', { class: 'quiet' }, '还没有训练记录；下一次训练后这里有前后对比。'),
    history.some(({ figures }) => figures)
      ? h('p', { class: 'quiet' }, '数字是对没有学过的对话消息测得的；升降是和前一个模型比，单位是百分点。')
      : null,
  ])
}

export const LearningPage = {
  setup() {
    const model = ref(null)
    const modelProblem = ref(null)
    const items = ref(null)
    const next = ref(null)
    const problem = ref(null)
    const deciding = ref(0)
    const loadingMore = ref(false)
    const state = computed(() => (STATES.some(({ code }) => code === route.query.state) ? route.query.state : 'new'))
    let way = null

    const page = (signal, cursor) =>
      ask('GET', '/training-examples', { query: { state: state.value === 'all' ? '' : state.value, cursor }, signal })

    async function look() {
      way?.abort()
      const { signal } = (way = new AbortController())
      problem.value = null
      items.value = null
      try {
        const answer = await page(signal)
        items.value = answer.items
        next.value = answer.next
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      }
    }
    async function more() {
      loadingMore.value = true
      try {
        const answer = await page(way.signal, next.value)
        items.value.push(...answer.items)
        next.value = answer.next
      } catch (error) {
        if (!isAbort(error)) problem.value = error
      } finally {
        loadingMore.value = false
      }
    }
    async function lookAtModel() {
      modelProblem.value = null
      try {
        model.value = await ask('GET', '/model')
      } catch (error) {
        modelProblem.value = error
      }
    }
    async function decide(item, accept) {
      deciding.value = item.id
      problem.value = null
      try {
        const decided = await ask('POST', `/training-examples/${item.id}/review`, { body: { accept } })
        // it stays in its place with its new state, so that a slip of the hand can be taken back
        items.value = items.value.map((other) => (other.id === decided.id ? decided : other))
      } catch (error) {
        problem.value = error
      } finally {
        deciding.value = 0
      }
    }
    watch(state, look, { immediate: true })
    onMounted(lookAtModel)

    const category = (ref) => (ref ? h('span', { title: `${ref.code} · ${ref.division}` }, ref.name) : '未分类')
    function row(item) {
      const same = item.category_before?.code === item.category_after?.code
      const tone = STATES.find(({ code }) => code === item.state)?.tone ?? 'off'
      return h('li', { key: item.id, class: 'example' }, [
        h('p', { class: 'example-text' }, marked(item.text, item.places)),
        h('p', { class: 'example-change' }, [
          same
            ? h('span', { class: 'quiet' }, ['类别不变：', category(item.category_after)])
            : h('span', null, [
                category(item.category_before),
                ' → ',
                h('strong', null, category(item.category_after)),
              ]),
          item.place_text ? h('span', null, [icon('pin', { size: 13 }), ' ', item.place_text]) : null,
          item.place_text && !item.places.length
            ? h('span', { class: 'quiet' }, '（原话里没有这几个字，只学类别）')
            : null,
        ]),
        h('div', { class: 'example-foot' }, [
          h('span', { class: ['tag', tone] }, item.state_label),
          h('span', { class: 'quiet' }, [
            link(address(`/cases/${item.case_no}`), {}, grouped(item.case_no)),
            ` ${item.corrected_by.name} 更正，`,
            time(item.corrected_at),
            item.reviewed_by ? `；${item.reviewed_by.name} 审核` : '',
          ]),
          h('span', { class: 'example-do' }, [
            item.state === 'accepted'
              ? null
              : button('采用', {
                  look: item.state === 'new' ? 'primary' : 'plain',
                  glyph: 'check',
                  busy: deciding.value === item.id,
                  onClick: () => decide(item, true),
                }),
            item.state === 'rejected'
              ? null
              : button('不采用', { disabled: deciding.value === item.id, onClick: () => decide(item, false) }),
          ]),
        ]),
      ])
    }

    return () =>
      h('main', { class: 'page learning' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '学习样本'),
          h(
            'nav',
            { class: 'example-states', 'aria-label': '按状态看' },
            STATES.map(({ code, label }) =>
              link(
                address('/learning', { state: code === 'new' ? '' : code }),
                {
                  key: code,
                  class: ['tab', { on: state.value === code }],
                  'aria-current': state.value === code ? 'page' : undefined,
                },
                label,
              ),
            ),
          ),
          h(
            'a',
            { class: 'button plain', href: '/api/v1/training-examples/export', download: 'corrections.jsonl' },
            '导出已采用的',
          ),
        ]),
        h('p', { class: 'quiet' }, '工作人员的每次更正，去掉个人信息后列在这里。采用的在下一次训练（yht train）时给助手学。'),
        problemNote(problem.value, look),
        !items.value && !problem.value ? h('div', { class: 'card' }, skeleton(6)) : null,
        items.value && !items.value.length
          ? emptyPlace(
              'check',
              state.value === 'new' ? '没有待审核的' : '这里还没有',
              h('p', null, '受理、派遣和督办人员在案件里按“更正”后会列出来。'),
            )
          : null,
        items.value?.length ? h('ul', { class: 'examples' }, items.value.map(row)) : null,
        next.value && items.value
          ? h('p', { class: 'list-end' }, button('更早的', { busy: loadingMore.value, onClick: more }))
          : null,
        problemNote(modelProblem.value, lookAtModel),
        model.value ? modelCard(model.value) : null,
      ])
  },
}
