import type { Authentication, Company, Contact, Folder, FolderRole, MailPrograms, Me, Person, Session } from '../src/shared/api/types'

export interface Letter {
  id: string
  folder: string
  subject: string
  with: Person
  cc?: Person[]
  unread?: boolean
  flagged?: boolean
  draft?: boolean
  proof?: Authentication['verdict']
  messages: { mine?: boolean; at: string; summary: string; html?: string; text?: string; files?: [string, number][]; images?: number }[]
}

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

const roles: FolderRole[] = ['inbox', 'sent', 'drafts', 'archive', 'junk', 'trash']
const folders = (prefix: string): Folder[] => roles.map((role) => ({ id: prefix + role, name: role, role, unread: 0, total: 0 }))

export const me: Me = {
  member_id: 'me',
  name: '林晓岚',
  address: 'lin.xiaolan@hanlin-machinery.cn',
  role: 'member',
  workspace_id: 'ws',
  workspace: '瀚林机械 Hanlin',
  time_zone: 'Asia/Shanghai',
  preferences: {},
  language: 'zh-CN',
  theme: 'system',
  signature: '<p>林晓岚 Lin Xiaolan<br>海外销售部 International Sales · 瀚林机械 Hanlin Machinery<br>+86 512 6255 8890</p>',
  mailboxes: [
    { id: 'mb1', address: 'lin.xiaolan@hanlin-machinery.cn', aliases: [], name: '林晓岚', shared: false, level: 'full', may_write: true, may_send: true, folders: [...folders(''), { id: 'f-fairs', name: '展会 Fairs', role: null, unread: 0, total: 0 }] },
    { id: 'mb2', address: 'sales@hanlin-machinery.cn', aliases: [], name: '销售部', shared: true, level: 'full', may_write: true, may_send: true, folders: folders('s-') },
  ],
}

export const programs: MailPrograms = {
  address: me.address,
  services: [
    { protocol: 'imap', host: 'mail.hanlin-machinery.cn', port: 993, security: 'tls' },
    { protocol: 'smtp', host: 'mail.hanlin-machinery.cn', port: 465, security: 'tls' },
  ],
}

export const sessions: Session[] = [
  { id: 's1', device: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', ip: '203.0.113.24', created_at: ago(90), seen_at: ago(0), current: true },
  { id: 's2', device: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1', ip: '198.51.100.7', created_at: ago(400), seen_at: ago(26), current: false },
]

const company = (id: string, name: string, domain: string, region: string): Company => ({
  id, name, domains: [domain], contacts: 2, last_at: ago(2), owes: 'we', version: 1, website: `https://www.${domain}`, industry: '', region, level: '', note: '', owner: { id: 'me', name: '林晓岚' }, first_at: ago(9000), received: 24, sent: 19, owes_since: ago(2), source: 'mail', created_at: ago(9000), changed_at: ago(2),
})

export const companies: Company[] = [
  company('co1', 'Böhmermann & Söhne Verpackungsmaschinen Gesellschaft mbH', 'boehmermann.example', 'Niedersachsen'),
  company('co2', '苏州锐达精密机械有限公司', 'ruida-jm.example', '江苏'),
  company('co3', 'Kestrel Foods Ltd', 'kestrelfoods.example', 'Yorkshire'),
  company('co4', '广西南宁糖业集团股份有限公司设备采购中心', 'nntang.example', '广西'),
]

const contact = (id: string, name: string, title: string, address: string, at: number, phone: string): Contact => {
  const owner = companies[at]
  return {
    id, version: 1, name, title, phones: phone ? [phone] : [], note: '', addresses: [address], company: owner ? { id: owner.id, name: owner.name } : null, owner: { id: 'me', name: '林晓岚' },
    state: 'verified', evidence: [{ address, of: 'contact', kind: 'sender', confidence: 100 }, { address, of: 'company', kind: 'domain', confidence: 95 }],
    first_at: ago(9000), last_at: ago(2), received: 24, sent: 19, owes: 'we', owes_since: ago(26), language: '', source: 'mail', verified: true, created_at: ago(9000), changed_at: ago(2),
  }
}

export const contacts: Contact[] = [
  contact('c1', 'Jörg Unterschweinstiege-Brandt', 'Leiter Einkauf Anlagentechnik und Ersatzteilversorgung', 'j.unterschweinstiege@boehmermann.example', 0, '+49 5121 8809-214'),
  contact('c2', '王建国', '采购部经理', 'wangjg@ruida-jm.example', 1, '0512-6808 2211'),
  contact('c3', 'Priya Ramanathan', 'Maintenance Manager', 'priya.r@kestrelfoods.example', 2, '+44 1904 55 01 20'),
  contact('c4', '韦秀英', '设备采购中心 高级主管', 'weixy@nntang.example', 3, '0771-231 0098'),
]

const [jorg, wang, priya, wei] = contacts.map((each): Person => ({ name: each.name, address: each.addresses[0] ?? '' })) as [Person, Person, Person, Person]

export const letters: Letter[] = [
  {
    id: 't1', folder: 'inbox', subject: '关于 HL-420 全自动装盒机报价及交货期的确认（含备件清单第三版）', with: wang, unread: true,
    messages: [
      { at: ago(70), summary: '林经理您好，我司计划年内新增两条装盒线，请报 HL-420 价格与交期。', text: '林经理，您好：\n\n我司计划年内新增两条装盒线，请报 HL-420（伺服版）两台的含税价格与交货期，另附备件清单一份。\n\n王建国\n苏州锐达精密机械有限公司 采购部' },
      { mine: true, at: ago(46), summary: '王经理您好，报价单见附件，交期 45 天，含两年备件。', html: '<p>王经理，您好：</p><p>感谢询价。报价单见附件：两台 HL-420 伺服版含税价 <b>¥1,286,000</b>，交货期自合同生效起 45 天，含两年易损件。</p><p>林晓岚</p>', files: [['HL-420 报价单 2026-1108 第二版.pdf', 284_113]] },
      {
        at: ago(2), summary: '报价收到。董事会要求交期压缩到 35 天，另请确认备件清单第 4、7 项的型号。',
        html: '<p>林经理：</p><p>报价收到，谢谢。今天上午董事会讨论后有两点需要您确认：</p><ol><li>交货期能否压缩到 <b>35 天</b>？我们 12 月 28 日要通过客户验厂；</li><li>备件清单第 4 项（真空吸盘）与第 7 项（伺服驱动器）的型号和上一版不一致，请核对。</li></ol><table style="border-collapse:collapse" border="1" cellpadding="6"><tr><th>序号</th><th>名称</th><th>上一版</th><th>本版</th></tr><tr><td>4</td><td>真空吸盘</td><td>VB-30S</td><td style="color:#c00000">VB-35S</td></tr><tr><td>7</td><td>伺服驱动器</td><td>ASD-A2-0721</td><td style="color:#c00000">ASD-B3-0721</td></tr></table><p>如无问题，我们本周五可以签合同。</p><p>王建国<br>苏州锐达精密机械有限公司 采购部经理<br>0512-6808 2211</p><div class="foxmail_quote"><div>发件人：林晓岚</div><blockquote type="cite"><p>王经理，您好：</p><p>感谢询价。报价单见附件：两台 HL-420 伺服版含税价 ¥1,286,000…</p></blockquote></div>',
        files: [['HL-420 备件清单（第三版，2026 年 11 月 20 日修订，含伺服驱动器型号对照）.xlsx', 48_211], ['验厂要求.pdf', 1_204_882]],
      },
    ],
  },
  {
    id: 't2', folder: 'inbox', subject: 'Reklamation: Siegelbalken HL-210 – wiederholte Temperaturabweichung an Station 3, Produktionsstillstand', with: jorg, cc: [{ name: 'Instandhaltung', address: 'instandhaltung@boehmermann.example' }], unread: true, flagged: true,
    messages: [
      { at: ago(5), summary: 'Seit gestern 14 Uhr weicht die Siegeltemperatur um bis zu 18 °C ab; die Linie steht. Bitte um Rückruf heute.', images: 3, html: '<p>Sehr geehrte Frau Lin,</p><p>seit gestern, 14:00 Uhr, weicht die Temperatur des oberen Siegelbalkens an Station 3 um bis zu 18&nbsp;°C vom Sollwert ab. Der Austausch des Thermoelements hat keine Besserung gebracht. <b>Die Linie steht.</b></p><p>Wir bitten um Rückruf noch heute und um umgehende Lieferung des Reglers E5CC-QX2ASM-802 (Pos. 14 der Ersatzteilliste). Den Betriebsstundenzähler und die Fehlerprotokolle finden Sie im Anhang.</p><p>Mit freundlichen Grüßen</p><div class="gmail_signature">Jörg Unterschweinstiege-Brandt<br>Leiter Einkauf Anlagentechnik und Ersatzteilversorgung<br>Böhmermann &amp; Söhne Verpackungsmaschinen Gesellschaft mbH</div>', files: [['Fehlerprotokoll_HL210_SN-2019-0417_Station3_2026-11-21.csv', 91_220], ['IMG_20261121_141207.jpg', 3_402_118]] },
    ],
  },
  {
    id: 't3', folder: 'inbox', subject: 'Spare parts order PO-4242', with: priya,
    messages: [
      { mine: true, at: ago(52), summary: 'Parts left Suzhou on Friday; tracking below.', text: 'Dear Priya,\n\nthe parts of PO-4242 left Suzhou on Friday, DHL 4420 1187 31.\n\nBest regards\nLin' },
      { at: ago(27), summary: 'All arrived, thank you. Could you also quote the annual service for next year?', text: 'Hi Lin,\n\nall arrived today in good order, thank you for the quick help.\n\nCould you also quote the annual service for both lines for next year? We would need it before our budget closes on 4 December. The manual is at https://www.kestrelfoods.example/manuals/hl-210.\n\nKind regards\nPriya\n\n-- \nPriya Ramanathan · Maintenance Manager · Kestrel Foods Ltd\n+44 1904 55 01 20\n\nOn Friday Lin Xiaolan wrote:\n> Dear Priya,\n> the parts of PO-4242 left Suzhou on Friday' },
    ],
  },
  {
    id: 't4', folder: 'inbox', subject: '榨季前设备检修安排与备件采购', with: wei, draft: true,
    messages: [{ at: ago(31), summary: '榨季 12 月 10 日开机，请于 11 月底前派两名工程师到厂检修，并确认备件到货时间。', text: '林女士：\n\n今年榨季定于 12 月 10 日开机，请贵司于 11 月底前派两名工程师到厂检修包装线，并确认以下备件的到货时间……\n\n韦秀英' }],
  },
  { id: 't5', folder: 'inbox', subject: 'Invoice 2026-1187 overdue', with: { name: 'Accounts Payable', address: 'billing@boehmermann-invoices.example' }, proof: 'fail', messages: [{ at: ago(33), summary: 'Our bank details have changed. Please pay the attached invoice to the new account today.', text: 'Dear Sir or Madam,\n\nour bank details have changed. Please pay the attached invoice to the new account today.\n\nAccounts Payable', files: [['Invoice_2026-1187.pdf', 88_120]] }] },
  { id: 't6', folder: 'inbox', subject: 'FachPack 2027: booth confirmation and exhibitor handbook', with: { name: 'FachPack Team', address: 'exhibitors@fachpack.example' }, proof: 'none', messages: [{ at: ago(76), summary: 'Your booth 3-412 is confirmed. Please order power and compressed air by 15 January.', images: 6, html: '<div style="background:#0a3d62;color:#fff;padding:24px"><h1 style="margin:0">FachPack 2027</h1><p>Your booth 3-412 is confirmed.</p></div><p>Please order power and compressed air by 15 January.</p>' }] },
  ...Array.from({ length: 28 }, (_, i): Letter => {
    const pick = [
      { with: wang, subject: `合同 HL-2026-${String(880 + i)} 预付款发票`, summary: '预付款 30% 已安排，请开具增值税专用发票。' },
      { with: priya, subject: `Line 2 photo-eye alignment, week ${40 - (i % 30)}`, summary: 'The photo-eye drifts again after wash-down; is there a sealed version?' },
      { with: jorg, subject: `Angebot Ersatzteile Nr. ${String(4100 + i)}`, summary: 'Bitte um Angebot für Pos. 3, 8 und 14 mit Lieferzeit nach Hildesheim.' },
      { with: wei, subject: '包装线改造技术协议（签字版）', summary: '技术协议已签字盖章，扫描件见附件，原件今日寄出。' },
    ][i % 4]
    return { id: `x${i}`, folder: i < 20 ? 'inbox' : 'archive', subject: pick?.subject ?? '', with: pick?.with ?? wang, messages: [{ at: ago(90 + i * 29), summary: pick?.summary ?? '', text: pick?.summary ?? '' , ...(i % 3 === 0 ? { files: [['扫描件.pdf', 220_114]] as [string, number][] } : {}) }] }
  }),
]
