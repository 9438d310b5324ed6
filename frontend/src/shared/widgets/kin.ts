/** Mail services of everybody: sharing one makes nobody a colleague. */
const FREEMAIL = new Set(['gmail.com', 'outlook.com', 'hotmail.com', 'yahoo.com', 'icloud.com', 'qq.com', 'foxmail.com', '163.com', '126.com', 'yeah.net', 'sina.com', 'aliyun.com', '139.com', 'gmx.de', 'web.de', 'proton.me', 'mail.ru'])

/** What the tint of an avatar is made from: the domain, so that colleagues of one company look alike. */
export function kinOf(address: string): string {
  const domain = address.split('@')[1]?.toLowerCase() ?? address
  return FREEMAIL.has(domain) ? address.toLowerCase() : domain
}
