// Every word that stands for a code: states, channels, precisions, roles, grades.

/**
 * The states of a case in the order of its life.
 * `tone` is how it is coloured (docs/design.md): new, busy, care, review, done, off.
 */
export const STATES = [
  { code: 'received', label: '待受理', tone: 'new', help: '已收到，等受理员核对分类和地点后立案' },
  { code: 'filed', label: '已立案', tone: 'new', help: '已立案，等派遣到责任部门' },
  { code: 'dispatched', label: '已派遣', tone: 'busy', help: '已派到部门，等部门签收' },
  { code: 'accepted', label: '处置中', tone: 'busy', help: '部门已签收，正在处置' },
  { code: 'returned', label: '已退单', tone: 'care', help: '部门退回，等重新派遣或裁定' },
  { code: 'suspended', label: '挂账', tone: 'care', help: '经批准暂缓，时钟停走，到期自动恢复' },
  { code: 'reported_done', label: '已反馈', tone: 'review', help: '部门报告已办好，等核实' },
  { code: 'closed', label: '已结案', tone: 'done', help: '核实属实，已结案' },
  { code: 'rejected', label: '不予受理', tone: 'off', help: '不属受理范围，已告知反映人' },
  { code: 'merged', label: '已并案', tone: 'off', help: '与另一件同类反映合并办理' },
  { code: 'withdrawn', label: '已撤诉', tone: 'off', help: '反映人撤回' },
]

/** States in which nothing more is due. */
export const FINAL_STATES = new Set(['closed', 'rejected', 'merged', 'withdrawn'])

export const CHANNELS = [
  { code: 'web', label: '网页', icon: 'globe' },
  { code: 'wechat', label: '微信', icon: 'wechat' },
  { code: 'telegram', label: 'Telegram', icon: 'plane' },
  { code: 'hotline', label: '电话', icon: 'phone' },
  { code: 'inspector', label: '巡查', icon: 'walk' },
  { code: 'api', label: '接口', icon: 'plug' },
  { code: 'open311', label: 'Open311', icon: 'plug' },
]

/** How well a place is known. `sure`: whether a crew finds it without asking. */
export const PRECISIONS = {
  point: { label: '具体位置', sure: true, help: '门牌、灯杆号、路口或定位，误差几米到几十米' },
  road: { label: '所在道路', sure: true, help: '只知道在哪条路，标记落在路段中间' },
  estate: { label: '所在小区或村', sure: true, help: '知道小区、村或场所，不知道具体位置' },
  town: { label: '所在街镇', sure: false, help: '只知道街镇，处置前需再问地点' },
  outside: { label: '辖区以外', sure: false, help: '定位落在辖区边界以外' },
  none: { label: '位置不详', sure: false, help: '原话里的地点没有对应到地图' },
}

export const ROLES = [
  { code: 'operator', label: '受理员', help: '接听和核对来件，立案或告知不予受理' },
  { code: 'dispatcher', label: '派遣员', help: '把案件派到责任部门，处理退单和延期' },
  { code: 'handler', label: '处置人员', help: '签收并处置本部门的案件，只看得到本部门的', needsDepartment: true },
  { code: 'verifier', label: '核查员', help: '核实处置结果后结案或返工，不能兼任处置人员' },
  { code: 'supervisor', label: '督办员', help: '看全部案件，裁定责任、批准挂账、发督办；看不到反映人电话' },
  { code: 'inspector', label: '巡查员', help: '现场上报、核查，带照片和位置' },
  { code: 'sysadmin', label: '系统管理员', help: '开设和停用账号、签发令牌，看不到案件内容', administrator: true },
  { code: 'secadmin', label: '安全管理员', help: '授予角色、解锁、重置双因素，看不到案件内容', administrator: true },
  { code: 'auditor', label: '审计员', help: '查审计记录，不能改动任何数据', administrator: true },
]

/** Roles for programs; a person never has them. */
const PROGRAM_ROLES = { channel: '渠道', partner: '外部系统', board: '大屏' }

/** What can be done with a case; what is offered carries its own name, these are for the table of keys. */
export const ACTION_LABELS = {
  file: '立案',
  reject: '不予受理',
  check: '请求核查',
  check_report: '核查回复',
  merge: '并案',
  dispatch: '派遣',
  accept: '签收',
  return: '退单',
  adjudicate: '裁定',
  assist: '请求协办',
  assist_decide: '协办审批',
  assist_report: '协办反馈',
  extend: '申请延期',
  extend_decide: '延期审批',
  suspend: '申请挂账',
  suspend_decide: '挂账审批',
  resume: '恢复办理',
  contact: '联系诉求人',
  report_done: '处置反馈',
  verify: '核实结案',
  rework: '返工',
  close: '直接结案',
  reopen: '重办',
  reopen_decide: '重办审批',
  withdraw: '撤诉',
  urge: '催办',
  supplement: '补充',
  follow: '加入',
  rate: '回访评价',
  note: '备注',
  supervise: '督办',
}

/** How satisfied a reporter is, from best to worst. */
export const GRADES = [
  { code: 'very_satisfied', label: '非常满意' },
  { code: 'satisfied', label: '满意' },
  { code: 'fairly_satisfied', label: '基本满意' },
  { code: 'dissatisfied', label: '不满意' },
  { code: 'very_dissatisfied', label: '非常不满意' },
]

export const CATEGORY_KINDS = { component: '部件', event: '事件', referral: '转办' }

export const URGENCIES = {
  emergency: { label: '特急', tone: 'late' },
  urgent: { label: '紧急', tone: 'soon' },
  normal: { label: '一般', tone: '' },
}

/** Why one person must not have these roles together, or empty. The server decides; this says it early. */
export function rolesObjection(roles) {
  if (!roles.length) return '至少选一个角色。'
  if (roles.length > 1 && roles.some((code) => ROLE_BY_CODE[code]?.administrator)) {
    return '三类管理员必须各由专人担任，不能兼任其他角色。'
  }
  if (roles.includes('handler') && roles.includes('verifier')) return '处置和核查必须分开：处置人员不能兼任核查员。'
  if (roles.includes('handler') && (roles.includes('dispatcher') || roles.includes('supervisor'))) {
    return '处置和派遣、督办必须分开：延期、协办、挂账由他们审批，处置人员不能兼任派遣员、督办员。'
  }
  return ''
}

const ACTOR_KINDS = { staff: '工作人员', channel: '渠道', system: '系统', partner: '外部系统' }

const byCode = (list) => Object.fromEntries(list.map((item) => [item.code, item]))
const STATE_BY_CODE = byCode(STATES)
const CHANNEL_BY_CODE = byCode(CHANNELS)
const ROLE_BY_CODE = byCode(ROLES)

/** A code that a newer server knows and this page does not is shown as it is, never dropped. */
export const stateOf = (code) => STATE_BY_CODE[code] ?? { code, label: code, tone: 'off', help: '' }
export const channelOf = (code) => CHANNEL_BY_CODE[code] ?? { code, label: code ?? '未知', icon: 'plug' }
export const precisionOf = (code) => PRECISIONS[code] ?? { label: code ?? '', sure: false, help: '' }
export const roleLabel = (code) => ROLE_BY_CODE[code]?.label ?? PROGRAM_ROLES[code] ?? code
export const roleOf = (code) => ROLE_BY_CODE[code] ?? { code, label: roleLabel(code), help: '' }
export const urgencyOf = (code) => URGENCIES[code] ?? null
export const gradeLabel = (code) => GRADES.find((grade) => grade.code === code)?.label ?? code ?? ''
export const actorLabel = (kind) => ACTOR_KINDS[kind] ?? kind ?? ''
