export default {
  'signin.title': 'Sign in',
  'signin.motto': 'Mail and customers in one house.',
  'signin.address': 'Mail address',
  'signin.password': 'Password',
  'signin.enter': 'Sign in',
  'signin.wrong': 'Address and password do not belong together.',
  'signin.locked': 'Too many tries. Wait a minute, then try again.',
}
