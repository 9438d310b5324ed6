/** Whether every word typed begins a word of the text, or, for Chinese, stands anywhere in it. */
export function matches(asked: string, text: string): boolean {
  const target = text.toLowerCase()
  return asked
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => {
      if (/\p{Script=Han}/u.test(word)) return target.includes(word)
      const at = target.indexOf(word)
      if (at < 0) return false
      return new RegExp(`(^|[^\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u').test(target)
    })
}
