import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { fixtures } from './dev/fixtures'

const server = process.env.POSTHOUSE_HTTP ?? 'http://127.0.0.1:8025'

export default defineConfig(({ mode }) => ({
  // `--mode fixtures` answers /api from dev/; every other mode talks to a running posthouse.
  plugins: [react(), ...(mode === 'fixtures' ? [fixtures()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: mode === 'fixtures' ? { port: 5173 } : { port: 5173, proxy: { '/api': server } },
  build: {
    outDir: '../src/posthouse/servers/http/page',
    emptyOutDir: true,
    target: 'es2023',
    // A data: font or script would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // A document for each file would cost more than all tests do.
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], isolate: false },
}))
