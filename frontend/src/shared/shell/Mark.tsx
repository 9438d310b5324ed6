/** The house mark: eaves over a letter. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round">
        <path d="M4.5 13.5C9.1 13.100 12.800 10.700 16 6.500c3.200 4.200 6.900 6.600 11.500 7" />
        <path d="M8 16.500V25h16v-8.500" />
        <path d="m8 16.500 8 5 8-5" />
      </g>
    </svg>
  )
}
