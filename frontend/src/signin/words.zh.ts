export default {
  'signin.title': '登录',
  'signin.motto': '邮件与客户，同在一处。',
  'signin.address': '邮箱地址',
  'signin.password': '密码',
  'signin.enter': '登录',
  'signin.wrong': '邮箱地址与密码不匹配。',
  'signin.locked': '尝试次数过多，请稍等一分钟再试。',
}
