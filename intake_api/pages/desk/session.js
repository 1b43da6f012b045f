// Who is at the desk. The server ends a session after 15 idle minutes; the page does the same and says so before.

import { computed, reactive, ref } from './vue.js'
import { ask, useBearer, useCsrfToken, whenDutyIsDue, whenSignedOut } from './api.js'

const IDLE_LIMIT = 15 * 60_000
const WARN_BEFORE = 60_000
const KEEP_ALIVE = 4 * 60_000
const ACTIVE_KEY = 'yht.desk.active'
const SCREEN_KEY = 'yht.board.screen'
const SCREEN_HASH = '#screen='

/**
 * `screen`: a screen on a wall with a token of its own, that nobody is logged in at and no idle time ends.
 * `state` is asking, out or in; `notice` is what the login page says about how one got there; `duties` are what must be
 * done before anything else: change_password, enrol.
 */
export const session = reactive({
  state: 'asking',
  staff: null,
  duties: [],
  notice: '',
  problem: null,
  screen: false,
})

/** Seconds until the session ends for want of a hand at the desk, or null when that is far. */
export const secondsLeft = ref(null)

// the server decides; these only keep away what it would refuse
const ALL_READERS = ['operator', 'dispatcher', 'verifier', 'supervisor']
const CASE_READERS = [...ALL_READERS, 'handler', 'inspector']
const REPORTER_READERS = ['operator', 'dispatcher', 'handler', 'verifier']

export const hasRole = (...roles) => roles.some((role) => session.staff?.roles?.includes(role))
export const seesAll = computed(() => hasRole(...ALL_READERS))
export const readsCases = computed(() => hasRole(...CASE_READERS))
export const revealsReporters = computed(() => hasRole(...REPORTER_READERS))
export const corrects = computed(() => hasRole('operator', 'dispatcher', 'supervisor'))
export const editsMatrix = computed(() => hasRole('supervisor'))
export const calls = computed(() => hasRole('operator'))
export const releases = computed(() => hasRole('operator', 'supervisor'))
export const readsKnowledge = computed(() => hasRole(...ALL_READERS, 'handler'))
export const writesKnowledge = computed(() => hasRole('handler', 'dispatcher', 'supervisor'))
export const publishesKnowledge = computed(() => hasRole('dispatcher', 'supervisor'))
export const teaches = computed(() => hasRole('supervisor'))
export const keepsStaff = computed(() => hasRole('sysadmin'))
export const guardsStaff = computed(() => hasRole('secadmin'))
export const seesStaff = computed(() => keepsStaff.value || guardsStaff.value)
export const readsAudit = computed(() => hasRole('auditor'))
/** Whether departments may be asked for: a refused request would stand in the audit trail. */
export const looksUp = computed(() => Boolean(session.staff?.roles?.length) && !readsAudit.value)
export const keepsWebhooks = computed(() => hasRole('sysadmin'))

export async function restore() {
  session.problem = null
  session.state = 'asking'
  try {
    enter(await ask('GET', '/session'))
  } catch (error) {
    if (error.status === 401) leave('')
    else session.problem = error
  }
}

/** Sign in. Throws ApiProblem: code_required, wrong name, password or code, locked, too many attempts. */
export async function signIn(name, password, code) {
  enter(await ask('POST', '/session', { body: { name, password, ...(code ? { code } : {}) } }))
}

/** Be a screen on a wall, if this browser was made one; whether it was. The token is taken out of the address at once. */
export function restoreScreen() {
  let token = ''
  if (location.hash.startsWith(SCREEN_HASH)) {
    token = location.hash.slice(SCREEN_HASH.length)
    history.replaceState(null, '', location.pathname)
    keepScreen(token)
  }
  try {
    token ||= localStorage.getItem(SCREEN_KEY) ?? ''
  } catch {
    // storage may be forbidden: the screen then shows the board until it is reloaded
  }
  if (!token) return false
  useBearer(token)
  Object.assign(session, { screen: true, state: 'in', staff: { id: 'screen', name: '大屏', roles: [] } })
  return true
}

/** Be no screen any more. */
export function endScreen() {
  keepScreen('')
  location.reload()
}

function keepScreen(token) {
  try {
    if (token) localStorage.setItem(SCREEN_KEY, token)
    else localStorage.removeItem(SCREEN_KEY)
  } catch {
    // as above
  }
}

/** Ask again who is here and what is due, after a duty was done. */
export async function renew() {
  enter(await ask('GET', '/session'))
}

export async function signOut(notice = '您已退出。') {
  // the page forgets at once; if the server cannot be told now, its own idle limit ends the session
  const told = ask('DELETE', '/session').catch(() => null)
  leave(notice)
  await told
}

function enter(answer) {
  useCsrfToken(answer.csrf_token)
  session.staff = answer.staff
  session.duties = answer.duties ?? []
  session.notice = ''
  session.problem = null
  session.state = 'in'
  lastKept = Date.now()
  sawHand(true)
}

function leave(notice) {
  useCsrfToken('')
  session.staff = null
  session.duties = []
  session.state = 'out'
  session.notice = notice
  secondsLeft.value = null
}

whenSignedOut(() => {
  if (session.screen) {
    useBearer('')
    keepScreen('')
    session.screen = false
    leave('这块大屏已经撤下，或满了一年。请督办员在看板上重新挂一次。')
  } else if (session.state === 'in') leave('登录已失效，请重新登录。刚才打开的页面还在，登录后继续。')
})

whenDutyIsDue((duties) => {
  if (session.state === 'in') session.duties = duties
})

// --- the hand at the desk: shared by all tabs through localStorage -------------------------------------------------

let lastHand = Date.now()
let lastKept = Date.now()

function sawHand(force = false) {
  const at = Date.now()
  // once a second is enough; a moving mouse would write hundreds of times
  if (!force && at - lastHand < 1_000) return
  lastHand = at
  try {
    localStorage.setItem(ACTIVE_KEY, String(at))
  } catch {
    // storage may be forbidden: this tab then counts for itself
  }
}

function handElsewhere() {
  try {
    return Number(localStorage.getItem(ACTIVE_KEY)) || 0
  } catch {
    return 0
  }
}

/** How long nobody has touched any tab of the desk, in ms. */
export const idleFor = () => Date.now() - Math.max(lastHand, handElsewhere())

/** Somebody is at work who touches nothing: on the telephone, for one. */
export const atWork = () => sawHand()

/** Stay: the person pressed 继续 on the notice. */
export function stay() {
  sawHand(true)
  secondsLeft.value = null
  keepAlive()
}

function keepAlive() {
  lastKept = Date.now()
  ask('GET', '/session')
    .then((answer) => useCsrfToken(answer.csrf_token))
    .catch((error) => {
      if (error.status === 401 && session.state === 'in') leave('登录已失效，请重新登录。')
    })
}

function watchIdle() {
  if (session.state !== 'in' || session.screen) return
  const idle = idleFor()
  if (idle >= IDLE_LIMIT) {
    signOut('15 分钟没有操作，为保护居民信息已自动退出。')
    return
  }
  secondsLeft.value = idle >= IDLE_LIMIT - WARN_BEFORE ? Math.ceil((IDLE_LIMIT - idle) / 1000) : null
  // reading a long case is work too: a hand on the mouse keeps the server's session alive, a poll does not
  if (idle < KEEP_ALIVE && Date.now() - lastKept >= KEEP_ALIVE) keepAlive()
}

for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  window.addEventListener(kind, () => secondsLeft.value === null && sawHand(), { passive: true, capture: true })
}
setInterval(watchIdle, 1_000)
