import { expect, test } from 'vitest'
import { lighten, readColour } from './dark'
import { splitName } from '@/shared/widgets/FileName'
import { framePage, textPage } from './frame'
import { decode, previewOf } from './Preview'
import { namesOf } from './people'

test('the frame forbids scripts, frames and everything remote', () => {
  const policy = /content="(default-src[^"]*)"/.exec(framePage(''))?.[1] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/script-src|frame-src|connect-src|https?:/)
})

test('plain text stays text; its links can be pressed', () => {
  const html = textPage('<script>x</script> see https://a.example/b?c=1&d=2. 详见 www.b.example，谢谢\n-- \nLin')
  expect(html).not.toContain('<script>')
  expect(html).toContain('<a href="https://a.example/b?c=1&amp;d=2" rel="noopener noreferrer">')
  expect(html).toContain('<a href="https://www.b.example"')
  expect(html).toContain('<span data-dimmed>Lin</span>')
})

test('dark ink is lightened until it can be read', () => {
  const light = /(\d+)%\)$/
  for (const ink of ['rgb(0, 0, 0)', 'rgb(192, 0, 0)', 'rgb(0, 0, 255)', 'rgb(31, 73, 125)']) {
    const colour = readColour(ink)
    expect(colour).not.toBeNull()
    if (colour) expect(Number(light.exec(lighten(colour))?.[1]), ink).toBeGreaterThanOrEqual(68)
  }
  expect(readColour('transparent')).toBeNull()
})

test('a cut file name keeps its ending', () => {
  expect(splitName('HL-420 备件清单（第三版）.xlsx')).toEqual(['HL-420 备件清', '单（第三版）', '.xlsx'])
  expect(splitName('a.pdf')).toEqual(['', 'a', '.pdf'])
  expect(splitName('README')).toEqual(['', 'README', ''])
})

test('a row names the others first', () => {
  const mine = new Set(['lin@hanlin.example'])
  const lin = { name: '林晓岚', address: 'Lin@hanlin.example' }
  expect(namesOf([{ name: 'Priya Ramanathan', address: 'p@k.example' }, lin], mine)).toBe('Priya Ramanathan')
  expect(namesOf([{ name: 'Priya Ramanathan', address: 'p@k.example' }, { name: '王伟', address: 'w@r.example' }], mine)).toBe('Priya, 王伟')
})

test('only what can be shown without running it is shown', () => {
  const file = { id: '0', size: 100, url: '/x' }
  expect(previewOf({ ...file, name: 'a.png', type: 'image/png' })).toBe('picture')
  expect(previewOf({ ...file, name: 'a.svg', type: 'image/svg+xml' })).toBeNull()
  expect(previewOf({ ...file, name: 'a.html', type: 'text/html' })).toBe('text')
  expect(previewOf({ ...file, name: 'a.csv', type: 'application/octet-stream', size: 9e6 })).toBeNull()
})

test('text is read in the characters it was written in', () => {
  expect(decode(new TextEncoder().encode('报价 Größe').buffer)).toBe('报价 Größe')
  expect(decode(new Uint8Array([0xb1, 0xa8, 0xbc, 0xdb]).buffer)).toBe('报价')
  expect(decode(new Uint8Array([0xff, 0xfe, 0xa5, 0x62]).buffer)).toBe('报')
})
