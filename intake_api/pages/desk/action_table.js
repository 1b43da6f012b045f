// What each action of the life cycle asks for, and its key: one table for the bar, the sheets and the help.

const WRITTEN = '会写进案件经过，不要写姓名和电话。'

const reason = (label, { required = true, chips = [], hint = WRITTEN } = {}) => ({
  name: 'reason',
  kind: 'words',
  label,
  required,
  chips,
  hint,
  maxlength: 500,
})
const text = (label, { required = true, chips = [], hint = '' } = {}) => ({
  name: 'text',
  kind: 'words',
  label,
  required,
  chips,
  hint,
  maxlength: 2000,
})
const photos = (label = '照片', hint = '') => ({ name: 'attachments', kind: 'photos', label, hint })
const choice = (name, label, options) => ({ name, kind: 'choice', label, required: true, options })
const decision = (yes = '同意', no = '不同意') =>
  choice('granted', '决定', [
    { value: true, label: yes },
    { value: false, label: no },
  ])
const REFUSED = (entry) => entry.granted === false

/**
 * By the action's name: `key` its key; `fields` what its body has; `says` what will happen, under the heading;
 * `task` the kind of side task that it answers. A field's `required` may be a function of the entry; its `chips` are
 * words that are often said.
 */
export const ACTIONS = {
  file: { key: 'f', says: '分类和地点核对无误，立案。城市设了自动派遣的，随即派到部门。', fields: [] },
  reject: {
    key: 'x',
    says: '不予受理，理由和去处会告诉诉求人。',
    fields: [
      reason('理由', {
        chips: [
          '不属于城市管理事项',
          '已进入司法程序',
          '反映的情况不在本辖区',
          '诉求内容不清，多次联系不上',
          '属于企业内部事务',
        ],
        hint: '会原样告诉诉求人。',
      }),
      {
        name: 'referral',
        kind: 'line',
        label: '诉求人可以找谁',
        required: true,
        maxlength: 200,
        hint: '会一并告诉诉求人。',
        chips: ['12333 人力资源社会保障', '12315 市场监管', '12348 法律援助', '110 公安', '所在地的 12345'],
      },
    ],
  },
  check: {
    key: 'q',
    says: '请巡查员到现场看，回复后再定。',
    fields: [
      reason('请巡查员看什么', {
        required: false,
        chips: ['核实问题是否存在', '核实具体位置', '核实是否已办好', '拍现场照片'],
      }),
    ],
  },
  check_report: {
    key: 'Q',
    task: 'check',
    says: '现场看到的情况，附照片更有说服力。',
    fields: [
      choice('confirmed', '现场情况', [
        { value: true, label: '属实', note: '立案前：问题存在；结案前：已经办好' },
        { value: false, label: '不属实', note: '立案前：没有这个问题；结案前：没有办好' },
      ]),
      text('看到了什么', { chips: ['现场属实，', '现场未发现反映的问题。', '已处置完毕，现场整洁。', '仍未处置，'] }),
      photos('现场照片'),
    ],
  },
  merge: {
    key: 'm',
    says: '这件并入另一件一起办，保留自己的编号，办结时一并告诉诉求人。',
    fields: [
      { name: 'into', kind: 'number', label: '并入哪一件', required: true, hint: '九位案件编号。' },
      reason('理由', { required: false, chips: ['同一地点同一问题', '同一人重复反映'] }),
    ],
  },
  dispatch: {
    key: 'd',
    says: '派到部门，等部门签收。',
    fields: [
      { name: 'department', kind: 'department', label: '派给', hint: '已立案的不选就按职责表；派给别的部门要写理由。' },
      { name: 'supporting', kind: 'departments', label: '协办', hint: '不选就按职责表。' },
      reason('理由', {
        required: (entry) => Boolean(entry.department),
        chips: ['部门间已协商', '按以往惯例', '职责表未覆盖', '属地处置更快'],
      }),
    ],
  },
  accept: { key: 'a', says: '签收后由本部门负责办理。', fields: [] },
  return: {
    key: 't',
    says: '退回派遣员改派或裁定；别的部门签收以前，仍由首派部门负责。',
    fields: [
      reason('理由和依据', {
        chips: [
          '不属于本部门职责，应由',
          '不在本部门辖区，位置属于',
          '设施产权不属于本部门，产权单位是',
          '反映的位置有误，现场为',
        ],
      }),
    ],
  },
  adjudicate: {
    key: 'D',
    says: '裁定归谁办，各方的话和规则都在下面。',
    fields: [
      { name: 'department', kind: 'department', label: '裁定给', required: true },
      { name: 'supporting', kind: 'departments', label: '协办' },
      reason('裁定理由', { chips: ['按职责表', '按设施产权', '按属地管理', '退单理由不成立', '退单理由成立，改由'] }),
      {
        name: 'remember',
        kind: 'switch',
        label: '以后照此办理',
        hint: '记入职责表（指定）：这个街镇的这类问题，以后直接派给它。还不知道在哪个街镇的案件不记。',
        initial: true,
      },
      {
        name: 'whole_district',
        kind: 'switch',
        label: '全区照此办理',
        hint: '连同上一项：不分街镇，全区的这类问题，以后都直接派给它。',
        initial: false,
      },
    ],
  },
  assist: {
    key: 'h',
    says: '请别的部门协办，派遣员同意后通知对方。',
    fields: [
      { name: 'department', kind: 'department', label: '请谁协办', required: true },
      reason('需要协办什么', { chips: ['需要断电', '需要断水', '需要交通疏导', '需要联合执法', '需要确认产权'] }),
    ],
  },
  assist_decide: {
    key: 'H',
    task: 'assist',
    says: '',
    fields: [
      { name: 'task', kind: 'task', label: '哪一项', required: true },
      decision(),
      reason('理由', { required: REFUSED, chips: ['主办部门可以自行处置', '对方没有这项职责', '已经口头协调好'] }),
    ],
  },
  assist_report: {
    key: 'B',
    task: 'assist',
    says: '本部门协办的部分已经做完。',
    fields: [text('做了什么', { chips: ['已到场配合，', '已完成断电，', '已确认产权归属：'] }), photos()],
  },
  extend: {
    key: 'e',
    says: '请派遣员批准延长，每批准一次加一个原定时限；只能在超时以前申请。',
    fields: [
      reason('理由', {
        chips: ['等待配件到货', '天气原因无法施工', '需要产权单位配合', '施工量大，正在办理', '需要报批'],
      }),
    ],
  },
  extend_decide: {
    key: 'E',
    task: 'extend',
    says: '',
    fields: [
      decision(),
      reason('理由', { required: REFUSED, chips: ['理由不充分', '问题有安全隐患，须按期办结', '已延期过，不再批准'] }),
    ],
  },
  suspend: {
    key: 'g',
    says: '请督办员批准暂缓：时钟停走，到期自动恢复；每件只能挂账一次。',
    fields: [
      { name: 'until', kind: 'day', label: '挂到哪一天', required: true, hint: '最长由城市规定，一般一年。' },
      reason('理由', {
        chips: ['等待财政资金', '列入年度改造计划', '等待整体拆迁', '权属有争议，等待司法结果', '季节原因，暂不能施工'],
      }),
    ],
  },
  suspend_decide: {
    key: 'G',
    task: 'suspend',
    says: '',
    fields: [
      decision(),
      reason('理由', { required: REFUSED, chips: ['理由不充分', '可以采取临时措施', '问题有安全隐患，不能暂缓'] }),
    ],
  },
  resume: {
    key: 'y',
    says: '结束挂账，时钟从现在继续走。',
    fields: [reason('理由', { required: false, chips: ['条件已具备', '提前恢复办理'] })],
  },
  contact: {
    key: 'l',
    says: '记下已经联系诉求人，计入响应率。',
    fields: [
      text('联系情况', {
        chips: ['已电话联系，告知正在处理。', '已联系，诉求人补充：', '多次拨打无人接听。', '已约定到场时间：'],
      }),
    ],
  },
  report_done: {
    key: 'b',
    says: '报告已经办好，等核查员核实。处置后的照片和诉求人的照片会并排给核查员看。',
    fields: [
      text('处置结果', {
        chips: [
          '已清理完毕。',
          '已修复，恢复正常使用。',
          '已责令当事人整改，现场已整改。',
          '已设置警示标志，',
          '经现场查看，',
        ],
      }),
      photos('处置后的照片'),
    ],
  },
  verify: {
    key: 'v',
    says: '核实已办好，结案；诉求人会收到结果。',
    fields: [
      text('核实情况', {
        required: false,
        chips: ['照片核实，已办好。', '电话核实，诉求人认可。', '现场核实，已办好。'],
      }),
    ],
  },
  rework: {
    key: 'F',
    says: '退回部门返工，原来的时钟继续走。',
    fields: [
      reason('哪里没有办好', {
        chips: ['照片看不出已办好', '诉求人反映仍未解决', '只处置了一部分', '照片与反映地点不符'],
      }),
    ],
  },
  close: {
    key: 'z',
    says: '咨询类当场答复后直接结案，答复会告诉诉求人。',
    fields: [text('给诉求人的答复', { chips: ['您反映的情况已有专人在办，编号', '您咨询的问题答复如下：'] })],
  },
  reopen: {
    key: 'o',
    says: '重新派给原部门办理，时限重新计算。',
    fields: [reason('理由', { chips: ['诉求人反映没有解决', '问题反复', '回访不满意'] })],
  },
  reopen_decide: {
    key: 'O',
    task: 'reopen',
    says: '',
    fields: [
      decision('重办', '维持结案'),
      reason('理由', {
        chips: ['确未解决，重新办理', '问题反复，重新办理', '诉求超出职责范围，已解释', '已解决，诉求人对其他事项不满'],
      }),
    ],
  },
  withdraw: {
    key: 'X',
    says: '诉求人撤回。部门已在办的安全隐患仍会办完。',
    fields: [reason('理由', { required: false, chips: ['诉求人来电撤回', '问题已自行解决'] })],
  },
  urge: {
    key: 'u',
    says: '提醒承办部门，案件排位提前。',
    fields: [reason('事由', { required: false, chips: ['诉求人再次来电', '影响扩大', '有安全隐患'] })],
  },
  supplement: {
    key: 's',
    says: '补充诉求人后来说的话和照片。',
    fields: [text('补充内容', { required: false, chips: ['诉求人补充：', '准确位置：'] }), photos()],
  },
  follow: {
    key: 'i',
    says: '又有人反映同一件事：办结时一并告诉他。',
    fields: [
      {
        name: 'phone',
        kind: 'phone',
        label: '这位市民的电话',
        required: true,
        maxlength: 40,
        hint: '只用来告知结果。',
      },
    ],
  },
  rate: {
    key: 'p',
    says: '回访诉求人：问两句话，是否解决、是否满意。',
    fields: [
      choice('solved', '问题解决了吗', [
        { value: true, label: '解决了' },
        { value: false, label: '没有解决' },
      ]),
      { name: 'grade', kind: 'grade', label: '对结果满意吗', required: true },
      text('诉求人的话', { required: false, chips: ['诉求人表示感谢。', '诉求人认为仍有：'] }),
    ],
  },
  note: {
    key: 'n',
    says: '给同事看的备注，诉求人看不到。',
    fields: [text('备注', { chips: ['已电话沟通：', '下一步：'] })],
  },
  supervise: {
    key: 'S',
    says: '发督办单，级别越高，收件人职务越高。',
    fields: [
      choice('level', '级别', [
        { value: 1, label: '一级' },
        { value: 2, label: '二级' },
        { value: 3, label: '三级' },
        { value: 4, label: '四级' },
        { value: 5, label: '五级' },
      ]),
      reason('事由', { chips: ['超过办结时限', '多次催办未见进展', '媒体关注', '有安全隐患'] }),
    ],
  },
}

// what a state waits for first; answers to what was asked come before all
const ORDER = [
  'check_report',
  'reopen_decide',
  'suspend_decide',
  'extend_decide',
  'assist_decide',
  'file',
  'accept',
  'adjudicate',
  'report_done',
  'assist_report',
  'verify',
  'resume',
  'rate',
  'dispatch',
  'rework',
  'return',
  'reject',
  'check',
  'merge',
  'close',
  'contact',
  'extend',
  'assist',
  'suspend',
  'supervise',
  'reopen',
  'urge',
  'supplement',
  'follow',
  'note',
  'withdraw',
]

const place = (action) => (ORDER.includes(action) ? ORDER.indexOf(action) : ORDER.length)

/** What can be done, as the server offers it, what the state waits for first; what this page does not know is left out. */
export function inOrder(offered) {
  return offered.filter(({ action }) => ACTIONS[action]).sort((one, other) => place(one.action) - place(other.action))
}

/** What was entered into fields, as it is sent; what is empty is left out. */
export function valuesOf(fields, entry) {
  const body = {}
  for (const { name, kind } of fields) {
    const value = entry[name]
    if (kind === 'photos') body[name] = value.filter((photo) => photo.id).map((photo) => photo.id)
    else if (kind === 'departments') {
      if (value.length) body[name] = value
    } else if (value !== '' && value !== null) body[name] = typeof value === 'string' ? value.trim() : value
  }
  return body
}

/** What the body of an action is, from what was entered. */
export function bodyOf(action, entry, version) {
  const body = { version, ...valuesOf(ACTIONS[action].fields, entry) }
  // somebody who called in has no name in another channel: the phone is how they are known
  if (action === 'follow') Object.assign(body, { channel: 'hotline', channel_user: body.phone })
  return body
}

const nothing = { photos: () => [], departments: () => [], choice: () => null, switch: () => false, task: () => null }

/** An entry with nothing in it yet. */
export const emptyOf = (fields) =>
  Object.fromEntries(fields.map(({ name, kind, initial }) => [name, initial ?? nothing[kind]?.() ?? '']))
export const emptyEntry = (action) => emptyOf(ACTIONS[action].fields)

/** What is missing, by the name of its field. */
export const missing = (action, entry) => missingIn(ACTIONS[action].fields, entry)

export function missingIn(fields, entry) {
  return Object.fromEntries(
    fields
      .filter(({ name, required }) => {
        const value = entry[name]
        const wanted = typeof required === 'function' ? required(entry) : required
        return wanted && (value === null || value === '' || (typeof value === 'string' && !value.trim()))
      })
      .map(({ name, kind, label }) => [
        name,
        kind === 'words' || kind === 'line' ? `请写明：${label}。` : `请选定：${label}。`,
      ]),
  )
}
