// A call for trying out or practice: a WAV file, or the microphone of this computer, goes the way of a call from the
// exchange. It lasts as long as this page is open.

import { h, onBeforeUnmount, reactive, ref } from '../desk/vue.js'
import { Sheet, button, problemNote } from '../desk/controls.js'
import { icon } from '../desk/icons.js'
import { openItem } from './wire.js'

const PART = 64 * 1024

/**
 * `on`: a trial call is running, of this item; it ends by itself at `endsAt` (ms, 0: nobody knows), for `reason`: limit
 * or file; `warned`: soon. `over`: it ended by the limit.
 */
export const trial = reactive({ on: false, item: '', microphone: false, endsAt: 0, reason: '', warned: false, over: false })

let socket = null
let silence = () => {}

function dial(hello, ready) {
  const address = new URL('/channels/hotline/microphone', location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  return new Promise((resolve, reject) => {
    const mine = new WebSocket(address)
    mine.binaryType = 'arraybuffer'
    socket = mine
    mine.onopen = () => {
      mine.send(JSON.stringify(hello))
      ready(mine)
    }
    mine.onmessage = ({ data }) => {
      const said = JSON.parse(data)
      if (said.error) reject({ detail: said.error })
      if (said.ending_in) Object.assign(trial, { warned: true, endsAt: Date.now() + said.ending_in * 1000, reason: said.reason })
      if (said.ended) trial.over = said.reason === 'limit'
      if (said.call_id) {
        Object.assign(trial, {
          on: true,
          item: `call:${said.call_id}`,
          microphone: hello.format === 'pcm',
          endsAt: said.seconds ? Date.now() + said.seconds * 1000 : 0,
          reason: '',
          warned: false,
          over: false,
        })
        openItem(trial.item)
        resolve()
      }
    }
    mine.onclose = () => {
      silence()
      trial.on = false
      reject({ detail: '没有接通，请稍后再试。' })
    }
  })
}

async function playFile(file) {
  const content = await file.arrayBuffer()
  await dial({ format: 'wav', training: true }, (to) => {
    for (let at = 0; at < content.byteLength; at += PART) to.send(content.slice(at, at + PART))
    to.send(JSON.stringify({ end: true }))
  })
}

async function speak() {
  let stream
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } })
  } catch {
    throw { detail: '浏览器没有让我们用麦克风，请在地址栏旁边允许后再试。' }
  }
  const context = new AudioContext()
  silence = () => {
    stream.getTracks().forEach((track) => track.stop())
    context.close().catch(() => {})
    silence = () => {}
  }
  try {
    await context.audioWorklet.addModule(new URL('./microphone.js', import.meta.url))
    await dial({ format: 'pcm', rate: context.sampleRate, training: true }, (to) => {
      const node = new AudioWorkletNode(context, 'microphone')
      node.port.onmessage = ({ data }) => to.readyState === WebSocket.OPEN && to.send(data)
      context.createMediaStreamSource(stream).connect(node)
    })
  } catch (error) {
    silence()
    throw error
  }
}

export function endTrial() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ end: true }))
}

/** How long the running trial call still may last, ticking: `4:05`; empty where nobody knows. */
export const TrialClock = {
  setup() {
    const now = ref(Date.now())
    const timer = setInterval(() => { now.value = Date.now() }, 500)
    onBeforeUnmount(() => clearInterval(timer))
    return () => {
      if (!trial.endsAt) return '练习'
      const left = Math.max(0, Math.round((trial.endsAt - now.value) / 1000))
      const words = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
      return h('span', { class: ['trial-left', { soon: trial.warned }], 'aria-hidden': 'true' }, // read out it would never stop
         trial.warned ? `还剩 ${words} 就结束` : `还剩 ${words}`)
    }
  },
}

/** Said in the last minute, and once it is over; nothing otherwise. */
export function trialNote() {
  if (trial.on && trial.warned)
    return h('div', { class: 'note trial-note', role: 'alert' }, [
      icon('clock'),
      h('p', null, [trial.reason === 'limit' ? '练习到时限会自动挂断，不到一分钟了，' : '录音快放完了，', h(TrialClock), '。已经写下的都在，可以接着填单。']),
    ])
  if (!trial.on && trial.over)
    return h('div', { class: 'note trial-note', role: 'status' }, [icon('clock'), h('p', null, '练习满了时限，已自动挂断。写下的都在；没说完的，请再试一通。')])
  return null
}

export const TrialSheet = {
  emits: ['close'],
  setup(_props, { emit }) {
    const busy = ref('')
    const problem = ref(null)
    async function run(name, work) {
      busy.value = name
      problem.value = null
      try {
        await work()
        emit('close')
      } catch (error) {
        problem.value = error.detail ? error : { detail: '没有接通，请稍后再试。' }
      } finally {
        busy.value = ''
      }
    }
    return () =>
      h(Sheet, { title: '试一通', onClose: () => emit('close') }, () =>
        h('div', { class: 'trial' }, [
          h('p', null, '不用接交换机：放一段录音，或者对着麦克风说，当作市民来电。和真的来电走同一条路，只是不计入接通率。'),
          problemNote(problem.value),
          h('label', { class: 'button primary trial-file' }, [
            busy.value === 'file' ? '正在接通…' : '选一个录音（WAV）',
            h('input', {
              type: 'file',
              accept: '.wav,audio/wav',
              class: 'hidden',
              disabled: Boolean(busy.value),
              onChange: ({ target }) => target.files[0] && run('file', () => playFile(target.files[0])),
            }),
          ]),
          h('p', { class: 'quiet small' }, '16 位、单声道的 WAV，按说话的速度放。'),
          button('用麦克风说', { busy: busy.value === 'microphone', disabled: Boolean(busy.value), onClick: () => run('microphone', speak) }),
          h('p', { class: 'quiet small' }, '一通练习最长 30 分钟，剩一分钟时提醒。登记的案件是真的，试完请在工作台撤销。'),
        ]),
      )
  },
}
