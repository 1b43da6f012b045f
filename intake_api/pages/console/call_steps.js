// What may happen to the call at hand next: to whom it is passed on, that it is over, that the work after it is done.

import { h, ref } from '../desk/vue.js'
import { Sheet, problemNote } from '../desk/controls.js'
import { may } from './call_pane.js'
import { endTrial, trial } from './trial.js'
import { act, board, open } from './wire.js'

export const StepsSheet = {
  emits: ['close'],
  setup(_props, { emit }) {
    const { id } = open
    const busy = ref(false)
    const problem = ref(null)
    async function go(step, body = {}) {
      if (busy.value) return
      busy.value = true
      problem.value = null
      try {
        await act(id, `steps/${step}`, body)
        if (step === 'hang_up' && trial.item === id) endTrial()
        emit('close')
      } catch (error) {
        problem.value = error
      } finally {
        busy.value = false
      }
    }
    const choices = () =>
      [
        may('finish') ? { words: '话后完成', help: '登记和备注都做好了', run: () => go('finish') } : null,
        may('hang_up') ? { words: '通话结束', help: '在话机上挂断后会自动进入话后处理，一般不用按', run: () => go('hang_up') } : null,
        ...(may('transfer')
          ? board.operators
              .filter(({ id: staff }) => staff !== board.me?.id)
              .map(({ name, state }) => ({
                words: `转给${name}`,
                help: state === 'ready' ? '就绪；对方接听前还是您的' : '小休',
                run: () => go('transfer', { to: name }),
              }))
          : []),
      ].filter(Boolean)
    function pressed(event) {
      choices()[Number(event.key) - 1]?.run()
    }
    return () =>
      h(Sheet, { title: '转接或结束', onClose: () => emit('close') }, () =>
        h('div', { class: 'ending', onKeydown: pressed }, [
          problemNote(problem.value),
          h(
            'ul',
            { class: 'ending-choices' },
            choices().map(({ words, help, run }, i) =>
              h('li', { key: words }, h('button', { type: 'button', class: 'word', onClick: run, autofocus: i === 0 || undefined }, [h('kbd', null, i + 1), h('span', null, [h('strong', null, words), h('span', { class: 'quiet' }, help)])])),
            ),
          ),
        ]),
      )
  },
}
