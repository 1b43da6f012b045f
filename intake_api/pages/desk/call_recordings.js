// The recordings of the calls in which a case was reported. Listening is recorded in the audit trail.

import { h, onBeforeUnmount, shallowRef } from './vue.js'
import { ask } from './api.js'
import { shortTime } from './clock.js'

/** Nothing is shown where there is no telephone, or where the recordings have been deleted. */
export const CallRecordings = {
  props: { caseNo: String },
  setup(props) {
    const calls = shallowRef([])
    const leaving = new AbortController()
    onBeforeUnmount(() => leaving.abort())
    ask('GET', '/channels/hotline/calls', { query: { case_no: props.caseNo }, signal: leaving.signal, background: true })
      .then(({ items }) => {
        calls.value = items.filter(({ legs }) => legs.some(({ recorded }) => recorded))
      })
      .catch(() => {})
    return () =>
      calls.value.map(({ call_id, rang_at, operator }) =>
        h('figure', { key: call_id, class: 'call-recording' }, [
          h('figcaption', { class: 'quiet' }, ['通话录音', shortTime(rang_at), operator?.name, '收听记入审计'].filter(Boolean).join(' · ')),
          h('audio', { controls: true, preload: 'none', src: `/channels/hotline/calls/${call_id}/recording?side=both` }),
        ]),
      )
  },
}
