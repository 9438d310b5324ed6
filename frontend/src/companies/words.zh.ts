export default {
  'companies.domains': '域名',
  'companies.people': '人员',
  'companies.contacts': '{count} 位联系人',
  'companies.website': '网站',
  'companies.industry': '行业',
  'companies.region': '地区',
  'companies.none': '还没有公司。收到来自公司域名的邮件后会自动出现。',
  'companies.noneFound': '没有符合的公司。',
  'companies.failed': '公司列表无法读取。',
  'companies.oneFailed': '公司无法打开。',
}
