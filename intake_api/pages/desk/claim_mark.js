// Who has taken the open case up, and until when; to take it up, and to give it back.

import { computed, h, ref, watch } from './vue.js'
import { icon } from './icons.js'
import { button } from './controls.js'
import { claim, claimWords, claimable, release } from './claims.js'
import { now } from './clock.js'
import { openCase } from './open_case.js'
import { useShortcuts } from './shortcuts.js'

export const ClaimMark = {
  props: { item: Object },
  setup(props) {
    const busy = ref(false)
    const problem = ref('')
    /** The claim while it holds: a lease that ran out is nobody's. */
    const held = computed(() =>
      openCase.claim && Date.parse(openCase.claim.until) > Math.max(now.value, Date.now()) ? openCase.claim : null,
    )
    watch(held, () => {
      problem.value = ''
    })

    async function run(work) {
      if (busy.value) return
      busy.value = true
      problem.value = ''
      try {
        await work(props.item.case_no)
      } catch (error) {
        problem.value = error.detail
      } finally {
        busy.value = false
      }
    }
    useShortcuts({
      w: () => {
        if (!claimable(props.item)) return
        if (!held.value) run(claim)
        else if (held.value.mine) run(release)
      },
    })

    return () => {
      if (!claimable(props.item)) return null
      const mine = held.value?.mine
      return h('span', { class: 'claim-mark', role: 'status' }, [
        held.value
          ? h('span', { class: ['claim', { mine }], title: mine ? '每办一步续十分钟' : '期间别人不能推进' }, [
              icon(mine ? 'user' : 'lock', { size: 12 }),
              claimWords(held.value),
            ])
          : null,
        problem.value && !held.value ? h('span', { class: 'bad' }, problem.value) : null,
        mine
          ? button('放回', {
              look: 'quiet',
              busy: busy.value,
              title: '不办了，让别人领（w）',
              onClick: () => run(release),
            })
          : held.value
            ? null
            : button('领办', {
                look: 'quiet',
                busy: busy.value,
                title: '十分钟内归您，别人看得到（w）',
                'aria-keyshortcuts': 'w',
                onClick: () => run(claim),
              }),
      ])
    }
  },
}
