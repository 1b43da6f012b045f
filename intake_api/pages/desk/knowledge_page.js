// The knowledge base: which articles there are and how they stand, what was asked in vain, files taken in.

import { computed, h, ref, watch } from './vue.js'
import { ask, isAbort } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, Sheet, button, emptyPlace, problemNote, skeleton } from './controls.js'
import { ago, fullTime, shortTime } from './clock.js'
import { reference } from './reference.js'
import { address, go, link, route } from './router.js'
import { publishesKnowledge, writesKnowledge } from './session.js'

export const STATE_TONES = { draft: 'new', in_force: 'done', withdrawn: 'off' }
export const VALIDITY = {
  now: { label: '有效', tone: 'done' },
  expiring: { label: '快到期', tone: 'care' },
  coming: { label: '未到生效日', tone: 'new' },
  over: { label: '已过期', tone: 'care' },
}
const VIEWS = [
  { code: '', label: '全部' },
  { code: 'waiting', label: '待发布', query: { state: 'waiting' }, count: ({ draft, waiting }) => draft + waiting },
  { code: 'now', label: '在用', query: { state: 'in_force', valid: 'now' }, count: ({ in_force, over }) => in_force - over },
  {
    code: 'expiring',
    label: '快到期',
    query: { state: 'in_force', valid: 'expiring' },
    count: ({ expiring }) => expiring,
  },
  { code: 'over', label: '已过期', query: { state: 'in_force', valid: 'over' }, count: ({ over }) => over },
  { code: 'withdrawn', label: '已撤下', query: { state: 'withdrawn' }, count: ({ withdrawn }) => withdrawn },
  { code: 'questions', label: '没有答案的问题' },
]

export const departmentOptions = () => reference.departments.map(({ id, name }) => ({ value: id, label: name }))

export const span = ({ valid_from: from, valid_to: to }) => {
  if (!from && !to) return '长期'
  return from && to ? `${from} 至 ${to}` : from ? `${from} 起` : `到 ${to}`
}

const time = (moment) =>
  h('time', { datetime: moment, title: fullTime(moment) }, `${shortTime(moment)} · ${ago(moment)}`)

/** How an article stands, in as few tags as tell it all. */
export function stateTags(article) {
  const { state, state_label: label, version, published_version: published, validity } = article
  const { label: held, tone } = VALIDITY[validity]
  return [
    h('span', { class: ['tag', STATE_TONES[state]] }, label),
    state === 'in_force' && version > published ? h('span', { class: 'tag review' }, '有修改待发布') : null,
    validity === 'now' ? null : h('span', { class: ['tag', tone] }, held),
  ]
}

/** A file, looked at first: which articles are new or changed, or which lines are wrong; then taken in. */
const ImportSheet = {
  emits: ['close', 'done'],
  setup(_props, { emit }) {
    const file = ref(null)
    const seen = ref(null)
    const problem = ref(null)
    const busy = ref(false)
    const publish = ref(false)

    async function send(query) {
      busy.value = true
      problem.value = null
      try {
        return await ask('POST', '/knowledge/import', {
          query: { name: file.value.name, publish: publish.value, ...query },
          table: file.value.content,
        })
      } catch (error) {
        problem.value = error
        return null
      } finally {
        busy.value = false
      }
    }
    async function chosen(event) {
      const [given] = event.target.files
      seen.value = null
      problem.value = null
      if (!given) return
      // as it is now: a file that is saved again afterwards could not be sent any more
      file.value = { name: given.name, content: await given.arrayBuffer() }
      seen.value = await send({ dry_run: true })
    }
    async function submit(event) {
      event.preventDefault()
      if (!seen.value || busy.value) return
      const done = await send({})
      if (done) emit('done', done)
    }
    const keys = (words, list) =>
      list.length
        ? h('p', null, [h('strong', null, `${words} ${list.length} 篇`), h('span', { class: 'quiet' }, `：${list.join('、')}`)])
        : null
    return () =>
      h(Sheet, { title: '导入知识', wide: true, onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h('p', { class: 'quiet' }, [
            'Markdown（.md）：每篇以“# 标题”开头，下面写“编号：”“部门：”“来源：”“有效：”“问：”，空一行写答复。',
            'CSV：列 id、title、questions、answer、source、department、valid_from、valid_to。按编号认，文件里没有的不动。',
          ]),
          h('label', { class: 'file-field' }, [
            h('span', null, '文件（.md 或 .csv）'),
            h('input', {
              type: 'file',
              accept: '.md,.csv,text/markdown,text/csv',
              // so that the same file, mended, can be chosen again
              onClick: (event) => {
                event.target.value = ''
              },
              onChange: chosen,
            }),
          ]),
          busy.value ? h('p', { class: 'quiet', role: 'status' }, '正在核对…') : null,
          problemNote(problem.value),
          seen.value
            ? h('div', { class: 'import-report', role: 'status' }, [
                keys('新增', seen.value.added),
                keys('修改', seen.value.changed),
                keys('没有变化', seen.value.same),
              ])
            : null,
          seen.value && publishesKnowledge.value
            ? h('label', { class: 'tick' }, [
                h('input', {
                  type: 'checkbox',
                  checked: publish.value,
                  onChange: (event) => {
                    publish.value = event.target.checked
                  },
                }),
                '导入后立即发布，用来答复居民',
              ])
            : null,
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('确认导入', { look: 'primary', type: 'submit', busy: busy.value, disabled: !seen.value }),
          ]),
        ]),
      )
  },
}

export const KnowledgePage = {
  setup() {
    const view = computed(() => VIEWS.find(({ code }) => code === (route.query.view ?? '')) ?? VIEWS[0])
    const asksQuestions = computed(() => view.value.code === 'questions')
    const items = ref(null)
    const counts = ref(null)
    const next = ref(null)
    const problem = ref(null)
    const loadingMore = ref(false)
    const importing = ref(false)
    const said = ref('')
    const typed = ref(route.query.q ?? '')
    let way = null
    let pause = 0

    const page = (signal, cursor) =>
      asksQuestions.value
        ? ask('GET', '/knowledge/questions', { query: { cursor }, signal })
        : ask('GET', '/knowledge', {
            query: { ...view.value.query, department: route.query.department, q: route.query.q, cursor },
            signal,
          })

    async function look() {
      way?.abort()
      const { signal } = (way = new AbortController())
      problem.value = null
      items.value = null
      try {
        const answer = await page(signal)
        items.value = answer.items
        next.value = answer.next
        if (answer.counts) counts.value = answer.counts
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
    async function settle(question, how) {
      problem.value = null
      try {
        await ask('POST', `/knowledge/questions/${question.id}/settle`, { body: { how } })
        items.value = items.value.filter(({ id }) => id !== question.id)
      } catch (error) {
        problem.value = error
      }
    }
    watch(() => [view.value.code, route.query.department, route.query.q].join('|'), look, { immediate: true })

    const to = (changes) =>
      address('/knowledge', {
        view: view.value.code,
        department: route.query.department,
        q: route.query.q,
        ...changes,
      })
    function type(event) {
      typed.value = event.target.value
      clearTimeout(pause)
      pause = setTimeout(() => go(to({ q: typed.value.trim() }), { replace: true }), 300)
    }
    function imported(report) {
      importing.value = false
      said.value = `新增 ${report.added.length} 篇，修改 ${report.changed.length} 篇，发布 ${report.published.length} 篇。`
      look()
    }

    const cell = (title, children) => h('td', { 'data-title': title }, h('span', null, children))
    const row = (article) =>
      h('tr', { key: article.id }, [
        cell('标题', link(address(`/knowledge/${article.id}`), { class: 'article-link' }, article.title)),
        cell('状态', h('span', { class: 'tags' }, stateTags(article))),
        cell('部门', article.department.name),
        cell('有效期', span(article)),
        cell('最近改动', [time(article.changed_at), h('small', { class: 'quiet' }, ` ${article.changed_by}`)]),
      ])
    const table = () =>
      h('div', { class: 'table-box' }, [
        h('table', { class: 'staff knowledge-table' }, [
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              ['标题', '状态', '部门', '有效期', '最近改动'].map((title) => h('th', { scope: 'col' }, title)),
            ),
          ),
          h('tbody', null, items.value.map(row)),
        ]),
      ])

    const question = (one) =>
      h('li', { key: one.id, class: 'example' }, [
        h('p', { class: 'example-text' }, one.text),
        h('div', { class: 'example-foot' }, [
          h('span', { class: ['tag', one.article ? 'care' : 'new'] }, one.article ? '答了没有解决' : '没有答案'),
          h('span', { class: 'quiet' }, [`问过 ${one.times} 次，最近 `, time(one.last_at)]),
          one.article
            ? h('span', { class: 'quiet' }, ['答的是 ', link(address(`/knowledge/${one.article.id}`), {}, one.article.title)])
            : null,
          writesKnowledge.value
            ? h('span', { class: 'example-do' }, [
                one.article
                  ? null
                  : link(
                      address('/knowledge/new', { question: one.text }),
                      { class: 'button plain' },
                      '照这个问法写一篇',
                    ),
                button('已补写', { onClick: () => settle(one, 'written') }),
                button('不用写', { look: 'quiet', onClick: () => settle(one, 'not_ours') }),
              ])
            : null,
        ]),
      ])

    const nothing = () =>
      asksQuestions.value
        ? emptyPlace('check', '没有等着补写的问题', h('p', null, '居民问了、知识里没有的，或者答了没有解决的，会列在这里。'))
        : emptyPlace(
            'search',
            '没有符合的知识',
            link(address('/knowledge'), { class: 'button plain' }, '看全部'),
          )

    return () =>
      h('main', { class: 'page knowledge' }, [
        h('header', { class: 'page-head' }, [
          h('h1', null, '知识'),
          writesKnowledge.value
            ? h('div', { class: 'page-do' }, [
                button('导入', {
                  onClick: () => {
                    importing.value = true
                  },
                }),
                link(address('/knowledge/new'), { class: 'button primary' }, [icon('plus'), '写一篇']),
              ])
            : null,
        ]),
        h(
          'nav',
          { class: 'example-states knowledge-views', 'aria-label': '看什么' },
          VIEWS.map(({ code, label, count }) =>
            link(
              to({ view: code }),
              {
                key: code,
                class: ['tab', { on: view.value.code === code }],
                'aria-current': view.value.code === code ? 'page' : undefined,
              },
              [label, count && counts.value ? h('small', { class: 'quiet' }, ` ${count(counts.value)}`) : null],
            ),
          ),
        ),
        asksQuestions.value
          ? h('p', { class: 'quiet' }, '只留问的话，不留是谁问的；姓名、号码和地点已经去掉。一年没有人再问的自动删除。')
          : h('div', { class: 'knowledge-filters' }, [
              h('div', { class: 'field' }, [
                h('label', { for: 'knowledge-q' }, '标题、问法或答复里的词'),
                h('div', { class: 'input' }, [
                  h('input', { id: 'knowledge-q', type: 'search', value: typed.value, maxlength: 100, onInput: type }),
                ]),
              ]),
              h(ChoiceBox, {
                label: '部门',
                options: departmentOptions(),
                value: route.query.department ?? '',
                onPick: (department) => go(to({ department })),
              }),
            ]),
        said.value ? h('p', { class: 'note', role: 'status' }, [icon('check'), said.value]) : null,
        problemNote(problem.value, look),
        !items.value && !problem.value ? h('div', { class: 'card' }, skeleton(8)) : null,
        items.value && !items.value.length ? nothing() : null,
        items.value?.length && !asksQuestions.value ? table() : null,
        items.value?.length && asksQuestions.value ? h('ul', { class: 'examples' }, items.value.map(question)) : null,
        items.value && next.value
          ? h('p', { class: 'list-end' }, button('更早的', { busy: loadingMore.value, onClick: more }))
          : null,
        importing.value
          ? h(ImportSheet, {
              onClose: () => {
                importing.value = false
              },
              onDone: imported,
            })
          : null,
      ])
  },
}
