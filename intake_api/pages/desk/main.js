// The desk as a whole: which page is shown to whom.

import { createApp, h, onBeforeUnmount, ref, watch, watchEffect } from './vue.js'
import { Sheet, emptyPlace, iconButton, problemNote } from './controls.js'
import { ROLES } from './labels.js'
import { address, go, link, route } from './router.js'
import {
  hasRole,
  keepsStaff,
  keepsWebhooks,
  readsAudit,
  readsCases,
  readsKnowledge,
  restore,
  seesAll,
  seesStaff,
  session,
  teaches,
} from './session.js'
import { loadReference, reference } from './reference.js'
import { queue, watchQueue } from './queue.js'
import { waiting, watchWork, work, workAddress } from './work.js'
import { useShortcuts, wholeKeyTable } from './shortcuts.js'
import { AccountPage, DutyPage } from './account_page.js'
import { ArticlePage } from './article_page.js'
import { AuditPage } from './audit_page.js'
import { CaseList } from './case_list.js'
import { CasePane } from './case_pane.js'
import { FilterRail } from './filter_rail.js'
import { FiguresPage } from './figures_page.js'
import { idleNotice } from './idle_notice.js'
import { HomePage } from './home_page.js'
import { HotSpotsPage } from './hotspots_page.js'
import { InvitationPage } from './invitation.js'
import { KnowledgePage } from './knowledge_page.js'
import { LearningPage } from './learning_page.js'
import { LoginPage, doorway } from './login.js'
import { PersonMenu } from './person_menu.js'
import { ResponsibilityPage } from './responsibility_page.js'
import { StaffPage } from './staff_page.js'
import { TokensPage } from './tokens_page.js'
import { WebhooksPage } from './webhooks_page.js'

const CASE_PAGES = ['cases', 'filters', 'case']

const QueuePage = {
  setup() {
    onBeforeUnmount(watchQueue())
    return () => h('main', { class: ['queue', `at-${route.name}`] }, [h(FilterRail), h(CaseList), h(CasePane)])
  },
}

/** For those whose office is not cases: what their role is, and where their work is done. */
function dutyPage() {
  const roles = ROLES.filter(({ code }) => session.staff.roles.includes(code))
  return h(
    'main',
    { class: 'page' },
    emptyPlace('user', `${session.staff.name}，您好`, [
      ...roles.map(({ code, label, help }) => h('p', { key: code }, [h('strong', null, label), `：${help}。`])),
      roles.length
        ? h('p', { class: 'quiet' }, '案件列表只对受理、派遣、处置、核查和督办人员开放。')
        : h('p', null, '您的账号还没有角色。请等安全管理员授权，之后刷新这个页面。'),
    ]),
  )
}

function topBar(showKeys) {
  const tab = (target, words, on) =>
    link(target, { class: ['tab', { on }], 'aria-current': on ? 'page' : undefined }, words)
  return h('header', { class: 'top' }, [
    link('/desk', { class: 'brand' }, [
      h('span', { class: 'brand-mark', 'aria-hidden': 'true' }),
      h('strong', null, '一号通'),
      h('span', { class: 'brand-city' }, reference.city?.name ?? '部门工作台'),
    ]),
    h('nav', { 'aria-label': '页面' }, [
      readsCases.value ? tab('/desk', ['我的工作', waitingTag()], route.name === 'home') : null,
      readsCases.value ? tab(address('/cases'), '案件', CASE_PAGES.includes(route.name)) : null,
      seesAll.value ? tab(address('/hotspots'), '热点', route.name === 'hotspots') : null,
      hasRole('operator', 'supervisor') ? h('a', { href: '/console', class: 'tab' }, '话务台') : null,
      readsCases.value ? tab(address('/figures'), '指标', route.name === 'figures') : null,
      seesAll.value ? h('a', { class: 'tab', href: '/board' }, '看板') : null,
      readsCases.value ? tab(address('/responsibility'), '职责表', route.name === 'responsibility') : null,
      readsKnowledge.value
        ? tab(address('/knowledge'), '知识', ['knowledge', 'article'].includes(route.name))
        : null,
      teaches.value ? tab(address('/learning'), '学习样本', route.name === 'learning') : null,
      seesStaff.value ? tab(address('/staff'), '人员', route.name === 'staff') : null,
      keepsStaff.value ? tab(address('/tokens'), '令牌', route.name === 'tokens') : null,
      readsAudit.value ? tab(address('/audit'), '审计', route.name === 'audit') : null,
      keepsWebhooks.value ? tab(address('/webhooks'), '事件推送', route.name === 'webhooks') : null,
    ]),
    h('div', { class: 'top-end' }, [
      readsCases.value ? iconButton('keys', '快捷键（?）', showKeys, { class: 'keys-button' }) : null,
      h(PersonMenu, { key: session.staff.id }),
    ]),
  ])
}

function waitingTag() {
  const count = waiting()
  return count ? h('span', { class: 'tab-count', 'aria-label': `${count} 件等您` }, count > 99 ? '99+' : count) : null
}

function page() {
  if (route.name === 'home' && readsCases.value) return h(HomePage)
  if (CASE_PAGES.includes(route.name) && readsCases.value) return h(QueuePage)
  if (route.name === 'account') return h(AccountPage)
  if (route.name === 'staff' && seesStaff.value) return h(StaffPage)
  if (route.name === 'tokens' && keepsStaff.value) return h(TokensPage)
  if (route.name === 'audit' && readsAudit.value) return h(AuditPage)
  if (route.name === 'webhooks' && keepsWebhooks.value) return h(WebhooksPage)
  if (route.name === 'learning' && teaches.value) return h(LearningPage)
  if (route.name === 'figures' && readsCases.value) return h(FiguresPage)
  if (route.name === 'hotspots' && seesAll.value) return h(HotSpotsPage)
  if (route.name === 'responsibility' && readsCases.value) return h(ResponsibilityPage)
  if (route.name === 'knowledge' && readsKnowledge.value) return h(KnowledgePage)
  if (route.name === 'article' && readsKnowledge.value) return h(ArticlePage)
  if (route.name === 'unknown')
    return h(
      'main',
      { class: 'page' },
      emptyPlace('search', '没有这个页面', link('/desk', { class: 'button plain' }, '回到工作台')),
    )
  return dutyPage()
}

const Desk = {
  setup() {
    const keysShown = ref(false)
    restore()
    const openWork = (i) => work.items[i] && go(workAddress(work.items[i].work))
    useShortcuts({
      '?': () => {
        if (session.state === 'in' && readsCases.value) keysShown.value = !keysShown.value
      },
      0: () => session.state === 'in' && go('/desk'),
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [i + 1, () => openWork(i)])),
    })
    watch(
      () => session.state === 'in' && !session.duties.length,
      (at) => {
        if (at) loadReference()
      },
    )
    let stopWork = null
    watch(
      () => session.state === 'in' && readsCases.value,
      (works) => {
        stopWork?.()
        stopWork = works ? watchWork() : null
      },
    )
    watchEffect(() => {
      if (session.state !== 'in' || route.name !== 'home') return
      if (readsCases.value) return
      if (seesStaff.value) go(address('/staff'), { replace: true })
      else if (readsAudit.value) go(address('/audit'), { replace: true })
    })
    watchEffect(() => {
      const what =
        {
          home: readsCases.value ? '我的工作' : '部门工作台',
          cases: '案件',
          filters: '筛选',
          case: `案件 ${route.params.number}`,
          learning: '学习样本',
          figures: '指标',
          hotspots: '热点',
          responsibility: '职责表',
          knowledge: '知识',
          article: '知识',
          staff: '人员',
          tokens: '令牌',
          audit: '审计',
          account: '我的账号',
          webhooks: '事件推送',
          invitation: '设置密码',
        }[route.name] ?? '部门工作台'
      document.title = `${queue.fresh && session.state === 'in' ? `(${queue.fresh}) ` : ''}${session.state === 'out' && route.name !== 'invitation' ? '登录' : what} · 一号通`
    })
    return () => {
      if (route.name === 'invitation') return h(InvitationPage, { key: route.params.token })
      if (session.problem) return doorway(h('div', { class: 'card' }, problemNote(session.problem, restore)))
      if (session.state === 'asking') return h('p', { class: 'boot' }, '正在打开工作台…')
      if (session.state === 'out') return h(LoginPage)
      if (session.duties.length) return h(DutyPage)
      return h('div', { class: 'desk' }, [
        topBar(() => {
          keysShown.value = true
        }),
        page(),
        keysShown.value
          ? h(
              Sheet,
              {
                title: '快捷键',
                wide: true,
                onClose: () => {
                  keysShown.value = false
                },
              },
              wholeKeyTable,
            )
          : null,
        idleNotice(),
      ])
    }
  },
}

createApp(Desk).mount('#desk')
