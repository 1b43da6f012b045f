// The way to the intake API: JSON in and out, the CSRF token on writes, problem+json as errors people can read.

import { heardServerTime } from './clock.js'

const ROOT = '/api/v1'
const TIME_OUT = 15_000
const RETRY_AFTER = 600
const UPLOAD_TIME_OUT = 120_000

let csrfToken = ''
let bearer = ''
let onSignedOut = () => {}
let onDuty = () => {}

/**
 * An answer that is an error. `detail` is Chinese and for people, `code` is stable, `errors` name fields; `answer` is
 * all that was said, for what only some problems tell.
 */
export class ApiProblem extends Error {
  constructor({ status = 0, code = 'unreachable', detail, errors = [], answer = {} }) {
    super(detail)
    Object.assign(this, { status, code, detail, errors, answer })
  }

  /** The detail for the field at a JSON pointer, or empty. */
  at(pointer) {
    return this.errors.find((error) => error.pointer === pointer)?.detail ?? ''
  }
}

/** The token lives in memory only: another page's script cannot read it, a reload asks for it again. */
export function useCsrfToken(token) {
  csrfToken = token ?? ''
}

/** A screen on a wall shows a token of its own: nobody is logged in there. */
export function useBearer(token) {
  bearer = token ?? ''
}

/** The token, for a connection that cannot carry it in a header. */
export const ownCsrfToken = () => csrfToken

/** `listener` is called when the server no longer knows this session. */
export function whenSignedOut(listener) {
  onSignedOut = listener
}

/** `listener` is called with the duties when the server wants one done first. */
export function whenDutyIsDue(listener) {
  onDuty = listener
}

/** Whether an error is only our own `AbortController`: the answer is not wanted any more. */
export const isAbort = (error) => error?.name === 'AbortError'

/**
 * Ask the API. `query` leaves out empty values; `background` marks a request that no person's hand
 * caused: it does not keep an idle session alive; `table` is a CSV file, sent instead of a `body`; `key`: under it the
 * same is done once, however often it is sent.
 * Reading is tried twice when the way is broken; writing never, because nobody knows whether it arrived.
 */
export async function ask(method, path, { query, body, table, key, signal, background = false } = {}) {
  // services beside the intake have whole addresses
  const address = (path.startsWith('/channels/') ? '' : ROOT) + path + queryText(query)
  const headers = { Accept: 'application/json' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (table !== undefined) headers['Content-Type'] = 'text/csv'
  if (bearer) headers.Authorization = `Bearer ${bearer}`
  if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken
  if (background) headers['X-YHT-Background'] = '1'
  if (key) headers['Idempotency-Key'] = key
  const init = {
    method,
    headers,
    body: table ?? (body === undefined ? undefined : JSON.stringify(body)),
    credentials: 'same-origin',
  }
  const { response, text } = await send(address, init, signal, method === 'GET' ? 2 : 1)
  heardServerTime(response.headers.get('Date'))
  if (response.status === 204) return null
  const answer = parsed(text)
  if (response.ok) {
    if (answer === null)
      throw new ApiProblem({
        status: response.status,
        code: 'bad_answer',
        detail: '服务器的回答无法读取，请稍后再试。',
      })
    return answer
  }
  const problem = new ApiProblem({
    status: response.status,
    code: answer?.code ?? 'http_error',
    detail: answer?.detail ?? statusDetail(response.status),
    errors: answer?.errors ?? [],
    answer: answer ?? {},
  })
  if (problem.code === 'duty_first') onDuty(answer.duties ?? [])
  if (response.status === 401 && !path.startsWith('/session')) onSignedOut()
  throw problem
}

async function send(address, init, signal, attempts) {
  for (let attempt = 1; ; attempt += 1) {
    const way = new AbortController()
    let late = false
    const alarm = setTimeout(() => {
      late = true
      way.abort()
    }, TIME_OUT)
    const drop = () => way.abort()
    signal?.addEventListener('abort', drop)
    try {
      if (signal?.aborted) way.abort()
      const response = await fetch(address, { ...init, signal: way.signal })
      if (attempt < attempts && [502, 503, 504].includes(response.status)) throw new TypeError('gateway')
      const text = await response.text()
      if (signal?.aborted) throw new TypeError('not wanted')
      return { response, text }
    } catch {
      if (signal?.aborted) throw new DOMException('not wanted any more', 'AbortError')
      if (attempt >= attempts) {
        throw new ApiProblem(
          late
            ? { code: 'time_out', detail: '服务器 15 秒内没有回答，请稍后再试。' }
            : { code: 'unreachable', detail: '连不上服务器，请检查网络后再试。' },
        )
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER))
    } finally {
      clearTimeout(alarm)
      signal?.removeEventListener('abort', drop)
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function queryText(query) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== '' && value !== null && value !== undefined)
  return given.length ? `?${new URLSearchParams(given)}` : ''
}

function statusDetail(status) {
  if (status === 403) return '您的角色没有这项权限。'
  if (status === 404) return '没有找到。'
  if (status === 429) return '操作太频繁，请稍候再试。'
  if (status >= 500) return '服务器暂时不能处理，请稍后再试。'
  return `请求没有成功（${status}）。`
}

/** A key for something that is to be done once; `crypto.randomUUID` is not there on plain HTTP. */
export const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-')

/** As `ask` for reading, but null where the server does not offer it, or not to this person. */
export async function askIfOffered(path, options) {
  try {
    return await ask('GET', path, options)
  } catch (error) {
    if ([403, 404, 405].includes(error.status)) return null
    throw error
  }
}

/**
 * Upload a photo; `onProgress` hears 0 … 1. Answers the attachment. `fetch` does not tell how far it is, so this is
 * an XMLHttpRequest. A photo twice uploaded harms nobody: it may be tried again.
 */
export function upload(file, { onProgress = () => {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${ROOT}/attachments`)
    request.setRequestHeader('Accept', 'application/json')
    if (csrfToken) request.setRequestHeader('X-CSRF-Token', csrfToken)
    request.timeout = UPLOAD_TIME_OUT
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onload = () => {
      const answer = parsed(request.responseText)
      if (request.status === 201 && answer) {
        resolve(answer)
        return
      }
      if (request.status === 401) onSignedOut()
      const { status } = request
      reject(new ApiProblem({ status, code: answer?.code, detail: answer?.detail ?? statusDetail(status) }))
    }
    request.onerror = () => reject(new ApiProblem({ detail: '没有传上去，请检查网络后重试。' }))
    request.ontimeout = () => reject(new ApiProblem({ code: 'time_out', detail: '太久没有传完，请重试。' }))
    request.onabort = () => reject(new DOMException('not wanted any more', 'AbortError'))
    signal?.addEventListener('abort', () => request.abort())
    const form = new FormData()
    form.append('file', file)
    request.send(form)
  })
}
