import 'react'

declare module 'react' {
  interface CSSProperties {
    /** Tokens that a component hands to its style sheet. */
    [token: `--${string}`]: string | number | undefined
  }
}
