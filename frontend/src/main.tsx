import '@fontsource-variable/inter/wght.css'
import '@/shared/look/tokens.css'
import '@/shared/look/base.css'
import { Tooltip } from '@base-ui/react/tooltip'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { preferredLanguage, speak } from '@/shared/i18n'
import { handleKey } from '@/shared/keys/dispatch'
import { applyLook } from '@/shared/look/look'
import { cache } from '@/shared/api/cache'
import { SpokenPage } from '@/shared/shell/SpokenPage'
import { fetchRooms, router } from '@/routes'

async function start(): Promise<void> {
  applyLook()
  await speak(preferredLanguage())
  window.addEventListener('keydown', handleKey)
  const root = document.getElementById('root')
  if (!root) return
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <Tooltip.Provider>
          <SpokenPage>
            <RouterProvider router={router} />
          </SpokenPage>
        </Tooltip.Provider>
      </QueryClientProvider>
    </StrictMode>,
  )
}

const FETCH_ROOMS_AFTER_MS = 1_500

void start()
window.setTimeout(() => void fetchRooms(), FETCH_ROOMS_AFTER_MS)
