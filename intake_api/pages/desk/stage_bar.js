// The six stages of a case in one line: how long each took, and how long it may.

import { h } from './vue.js'
import { duration, fullTime, now } from './clock.js'

const STAGES = ['信息收集', '案卷建立', '任务派遣', '任务处理', '处理反馈', '核查结案']

/** A stage that came again, by a return or rework, is one with what came before; null: not reached. */
function together(stages, name, loadedAt) {
  const parts = stages.filter((stage) => stage.name === name)
  if (!parts.length) return null
  const runs = parts.some(({ ended_at: ended }) => !ended)
  // the server counted when it answered: since then the clock went on
  const since = runs ? Math.max(0, now.value - loadedAt) / 1000 : 0
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0) + since
  const allowed = parts[0].allowed_seconds
  return {
    times: parts.length,
    runs,
    seconds,
    allowed,
    late: Boolean(allowed) && seconds > allowed * parts.length,
    began: parts[0].began_at,
  }
}

/** `stages` as the server answers them, at `loadedAt`; `late`: the case itself is overdue. */
export function stageBar(stages, { loadedAt, dueWords, late, stands }) {
  return h(
    'ol',
    { class: 'stages', 'aria-label': '六个阶段' },
    STAGES.map((name) => {
      const stage = together(stages, name, stands ? now.value : loadedAt)
      const handling = name === '任务处理'
      const over = stage && (stage.late || (handling && stage.runs && late))
      const limit = stage?.allowed
        ? `${over ? '超 · ' : ''}限 ${duration(stage.allowed * 1000 * stage.times)}`
        : handling && stage?.runs
          ? dueWords
          : ''
      return h(
        'li',
        {
          key: name,
          class: { done: stage && !stage.runs, at: stage?.runs, over },
          'aria-current': stage?.runs ? 'step' : undefined,
          title: stage
            ? `${name}：${fullTime(stage.began)} 开始${stage.times > 1 ? `，${stage.times} 次` : ''}`
            : `${name}：还没有到`,
        },
        [
          h('span', { class: 'stage-name' }, [name, stage?.times > 1 ? h('small', null, ` ×${stage.times}`) : null]),
          h('span', { class: 'stage-time' }, stage ? duration(stage.seconds * 1000) : '—'),
          h('span', { class: 'stage-limit' }, limit),
        ],
      )
    }),
  )
}
