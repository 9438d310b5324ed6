export default {
  'companies.domains': '域名',
  'companies.people': '人员',
  'companies.contacts': '{count} 位联系人',
  'companies.website': '网站',
  'companies.industry': '行业',
  'companies.region': '地区',
  'companies.none': '还没有公司。公司可以通过接口录入，之后同域名的往来邮件会自动归到它名下。',
  'companies.noneFound': '没有符合的公司。',
  'companies.failed': '公司列表无法读取。',
  'companies.oneFailed': '公司无法打开。',
}
