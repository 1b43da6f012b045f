// What changes rarely and everybody needs: categories, departments and the city. Loaded once after signing in.

import { shallowReactive } from './vue.js'
import { ask } from './api.js'
import { useZone } from './clock.js'
import { looksUp } from './session.js'

/** `problem` holds the first error; the queue works without any of these, with codes instead of names. */
export const reference = shallowReactive({ categories: [], departments: [], city: null, problem: null })

let loading = null

export function loadReference() {
  loading ??= Promise.allSettled([
    ask('GET', '/categories').then((answer) => {
      reference.categories = answer.items
    }),
    looksUp.value
      ? ask('GET', '/departments').then((answer) => {
          reference.departments = answer.items
        })
      : null,
    ask('GET', '/city').then((answer) => {
      reference.city = answer
      useZone(answer.timezone)
    }),
  ]).then((results) => {
    reference.problem = results.find((result) => result.status === 'rejected')?.reason ?? null
    if (reference.problem) loading = null
  })
  return loading
}

/** A category of the taxonomy by its code, or undefined. */
export const categoryOf = (code) => reference.categories.find((category) => category.code === code)

/** As a filter by department: cases that have none. */
export const NO_DEPARTMENT = { value: 'none', label: '没有部门（未能派遣）' }

/** A department's name by its id. */
export const departmentName = (id) =>
  id === NO_DEPARTMENT.value ? NO_DEPARTMENT.label : (reference.departments.find((unit) => unit.id === id)?.name ?? id ?? '未定')

/** The towns as `{code, name}`, in the city's order. */
export function towns() {
  return (reference.city?.towns?.features ?? []).map(({ properties }) => ({
    code: properties.code,
    name: properties.name,
  }))
}
