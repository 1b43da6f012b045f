// One article of the knowledge base: written beside what the resident will see, published, withdrawn, with its history.

import { computed, h, reactive, ref, watch } from './vue.js'
import { ask } from './api.js'
import { icon } from './icons.js'
import { ChoiceBox, Sheet, TextField, button, problemNote, skeleton } from './controls.js'
import { fullTime, shortTime } from './clock.js'
import { departmentOptions, span, stateTags } from './knowledge_page.js'
import { address, go, link, route } from './router.js'
import { publishesKnowledge, session, writesKnowledge } from './session.js'

const LONGEST_ANSWER = 1200
const WORDY = 300
const CHANGE_TONES = { created: 'new', changed: 'busy', imported: 'busy', published: 'done', withdrawn: 'off' }

const blank = () => ({
  title: '',
  questions: '',
  answer: '',
  source: '',
  department_id: session.staff?.department?.id ?? '',
  valid_from: '',
  valid_to: '',
})

const entryOf = (article) => ({
  title: article.title,
  questions: article.questions.join('\n'),
  answer: article.answer,
  source: article.source,
  department_id: article.department.id,
  valid_from: article.valid_from ?? '',
  valid_to: article.valid_to ?? '',
})

const bodyOf = (entry) => ({
  ...entry,
  questions: entry.questions
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean),
  valid_from: entry.valid_from || null,
  valid_to: entry.valid_to || null,
})

const field = (id, label, control, { problem, hint } = {}) =>
  h('div', { class: ['field', { wrong: problem }] }, [
    h('label', { for: id }, label),
    h('div', { class: 'input' }, control),
    problem || hint
      ? h('p', { class: ['field-note', { bad: problem }], role: problem ? 'alert' : undefined }, problem || hint)
      : null,
  ])

/** As the resident sees it in the chat. */
function preview(entry) {
  const today = new Date()
  const day = `${today.getFullYear()}年${today.getMonth() + 1}月${today.getDate()}日`
  return h('section', { class: 'article-preview', 'aria-label': '居民看到的' }, [
    h('h2', null, '居民看到的'),
    h('p', { class: 'asks' }, entry.title || '居民的问题'),
    h('div', { class: 'told' }, [
      h('p', null, entry.answer || '答复会显示在这里。'),
      h('p', { class: 'told-source' }, `（来源：${entry.source || '……'}；${day}更新）`),
    ]),
    h('p', { class: 'told-buttons', 'aria-hidden': 'true' }, [
      h('span', null, '解决了'),
      h('span', null, '没有解决，登记咨询'),
    ]),
  ])
}

const changeItem = (change) =>
  h('li', { key: change.id, class: 'example' }, [
    h('div', { class: 'example-foot' }, [
      h('span', { class: ['tag', CHANGE_TONES[change.kind]] }, change.kind_label),
      h('span', null, `第 ${change.version} 版`),
      h('span', null, change.by.name),
      h('time', { class: 'quiet', datetime: change.at, title: fullTime(change.at) }, shortTime(change.at)),
      h('span', { class: 'quiet' }, change.reason),
    ]),
    ['published', 'withdrawn'].includes(change.kind)
      ? null
      : h('details', { class: 'changed' }, [
          h('summary', null, '这一版的内容'),
          h('p', null, h('strong', null, change.title)),
          change.questions.length ? h('p', { class: 'quiet' }, `问法：${change.questions.join('；')}`) : null,
          h('p', { class: 'version-answer' }, change.answer),
          h('p', { class: 'quiet' }, `来源：${change.source}；${change.department.name}；${span(change)}`),
        ]),
  ])

const WithdrawSheet = {
  props: { article: Object },
  emits: ['close', 'done'],
  setup(props, { emit }) {
    const reason = ref('')
    const problem = ref(null)
    const busy = ref(false)
    async function submit(event) {
      event.preventDefault()
      if (busy.value || reason.value.trim().length < 2) return
      busy.value = true
      try {
        const body = { version: props.article.version, reason: reason.value.trim() }
        emit('done', await ask('POST', `/knowledge/${props.article.id}/withdraw`, { body }))
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    return () =>
      h(Sheet, { title: '撤下这一篇', onClose: () => emit('close') }, () =>
        h('form', { class: 'correct', onSubmit: submit, novalidate: true }, [
          h('p', null, '撤下后马上不再用它答复居民；内容和经过都保留，以后可以再发布。'),
          h(TextField, {
            label: '理由',
            value: reason.value,
            maxlength: 500,
            autofocus: true,
            onInput: (text) => {
              reason.value = text
            },
          }),
          problemNote(problem.value),
          h('div', { class: 'sheet-do' }, [
            button('取消', { onClick: () => emit('close') }),
            button('撤下', { look: 'primary', type: 'submit', busy: busy.value, disabled: reason.value.trim().length < 2 }),
          ]),
        ]),
      )
  },
}

export const ArticlePage = {
  setup() {
    const article = ref(null)
    const changes = ref([])
    const entry = reactive(blank())
    const kept = ref('')
    const problem = ref(null)
    const unread = ref(null)
    const busy = ref('')
    const said = ref('')
    const withdrawing = ref(false)
    const isNew = computed(() => route.params.id === 'new')
    const mayWrite = computed(() => (isNew.value ? writesKnowledge.value : article.value?.may_change))
    const dirty = computed(() => JSON.stringify(entry) !== kept.value)
    const waits = computed(
      () => article.value && (article.value.state !== 'in_force' || article.value.version > article.value.published_version),
    )

    function show(answer) {
      article.value = answer
      Object.assign(entry, entryOf(answer))
      kept.value = JSON.stringify(entry)
    }
    async function look() {
      unread.value = null
      problem.value = null
      said.value = ''
      article.value = null
      changes.value = []
      if (isNew.value) {
        Object.assign(entry, blank())
        kept.value = JSON.stringify(entry)
        entry.title = (route.query.question ?? '').slice(0, 80)
        return
      }
      try {
        show(await ask('GET', `/knowledge/${route.params.id}`))
        await lookBack()
      } catch (error) {
        unread.value = error
      }
    }
    async function lookBack() {
      changes.value = (await ask('GET', `/knowledge/${article.value.id}/history`)).items
    }
    watch(() => (route.name === 'article' ? route.params.id : null), (id) => id && look(), { immediate: true })

    async function run(what, work, words) {
      if (busy.value) return
      busy.value = what
      problem.value = null
      said.value = ''
      try {
        show(await work())
        said.value = words
        await lookBack()
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = ''
      }
    }
    const save = () =>
      isNew.value
        ? run(
            'save',
            async () => {
              const made = await ask('POST', '/knowledge', { body: bodyOf(entry) })
              go(address(`/knowledge/${made.id}`), { replace: true })
              return made
            },
            '已存为草稿。',
          )
        : run(
            'save',
            () =>
              ask('PUT', `/knowledge/${article.value.id}`, {
                body: { ...bodyOf(entry), version: article.value.version },
              }),
            article.value.published_version ? '已保存。发布以前，居民看到的还是原来的。' : '已保存。',
          )
    const publish = () =>
      run(
        'publish',
        () => ask('POST', `/knowledge/${article.value.id}/publish`, { body: { version: article.value.version } }),
        '已发布，从现在起用这一版答复居民。',
      )
    function withdrawn(answer) {
      withdrawing.value = false
      show(answer)
      said.value = '已撤下。'
      lookBack()
    }
    function submit(event) {
      event.preventDefault()
      save()
    }
    const set = (name) => (value) => {
      entry[name] = value
    }
    const at = (name) => problem.value?.at(`/${name}`)
    const shared = (name, extra) => ({
      id: `article-${name}`,
      value: entry[name],
      disabled: !mayWrite.value,
      onInput: (event) => set(name)(event.target.value),
      ...extra,
    })

    const form = () =>
      h('form', { class: 'article-form correct', onSubmit: submit, novalidate: true }, [
        field('article-title', '标题：照多数人的问法写', h('input', shared('title', { maxlength: 80 })), {
          problem: at('title'),
        }),
        field('article-questions', '其他问法，一行一个', h('textarea', shared('questions', { rows: 5 })), {
          problem: at('questions'),
          hint: '写居民嘴上的说法，写得越多越容易找到。',
        }),
        field('article-answer', '答复', h('textarea', shared('answer', { rows: 8, maxlength: LONGEST_ANSWER })), {
          problem: at('answer'),
          hint:
            entry.answer.length > WORDY
              ? `${entry.answer.length} 字。在手机上读，三五句话最合适。`
              : '先说结论，再说怎么做；没有把握的号码、地址不要写。',
        }),
        field('article-source', '来源：法规、文件或口径', h('input', shared('source', { maxlength: 200 })), {
          problem: at('source'),
        }),
        mayWrite.value
          ? h('div', { class: ['choice-field', { wrong: at('department_id') }] }, [
              h(ChoiceBox, {
                label: '由哪个部门维护',
                placeholder: '输入名称查找',
                options: departmentOptions(),
                value: entry.department_id,
                onPick: set('department_id'),
              }),
              at('department_id') ? h('p', { class: 'field-note bad', role: 'alert' }, at('department_id')) : null,
            ])
          : h('p', { class: 'quiet' }, `由${article.value.department.name}维护`),
        h('div', { class: 'pair' }, [
          field('article-valid_from', '从哪天起（可不填）', h('input', shared('valid_from', { type: 'date' }))),
          field('article-valid_to', '到哪天止（可不填）', h('input', shared('valid_to', { type: 'date' })), {
            problem: at('valid_to'),
          }),
        ]),
        problemNote(problem.value, problem.value?.code === 'article_changed' ? look : null),
        said.value ? h('p', { class: 'note', role: 'status' }, [icon('check'), said.value]) : null,
        mayWrite.value
          ? h('div', { class: 'article-do' }, [
              button(isNew.value ? '存为草稿' : '保存', {
                type: 'submit',
                look: dirty.value || isNew.value ? 'primary' : 'plain',
                busy: busy.value === 'save',
                disabled: !dirty.value,
              }),
              publishesKnowledge.value && waits.value
                ? button(`发布第 ${article.value.version} 版`, {
                    look: dirty.value ? 'plain' : 'primary',
                    glyph: 'check',
                    busy: busy.value === 'publish',
                    disabled: dirty.value,
                    onClick: publish,
                  })
                : null,
              publishesKnowledge.value && article.value?.published_version
                ? button('撤下', {
                    look: 'quiet',
                    onClick: () => {
                      withdrawing.value = true
                    },
                  })
                : null,
              !publishesKnowledge.value && waits.value && !dirty.value
                ? h('span', { class: 'quiet' }, '由派遣员或督办员发布')
                : null,
            ])
          : null,
      ])

    return () =>
      h('main', { class: 'page knowledge' }, [
        h('header', { class: 'page-head' }, [
          link(address('/knowledge'), { class: 'button quiet' }, [icon('back'), '知识']),
          h('h1', null, isNew.value ? '写一篇' : (article.value?.title ?? '')),
          article.value ? h('span', { class: 'tags' }, stateTags(article.value)) : null,
          article.value ? h('code', { class: 'quiet' }, article.value.key) : null,
        ]),
        problemNote(unread.value, look),
        !article.value && !isNew.value && !unread.value ? h('div', { class: 'card' }, skeleton(8)) : null,
        article.value || isNew.value ? h('div', { class: 'article-columns' }, [form(), preview(entry)]) : null,
        changes.value.length
          ? h('section', { class: 'block article-history', 'aria-label': '经过' }, [
              h('h2', null, '经过'),
              h('ul', { class: 'examples' }, changes.value.map(changeItem)),
            ])
          : null,
        withdrawing.value
          ? h(WithdrawSheet, {
              article: article.value,
              onClose: () => {
                withdrawing.value = false
              },
              onDone: withdrawn,
            })
          : null,
      ])
  },
}
