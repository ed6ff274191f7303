/** The mark of Usher: an arrow that shows the way round a corner. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="6" fill="var(--u-accent)" />
      <path
        d="M7 6v6.2a4.8 4.8 0 0 0 9.6 0V8.4m0 0-2.9 2.9m2.9-2.9 2.9 2.9"
        transform="translate(-1.4 .6)"
        fill="none"
        stroke="var(--u-on-accent)"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
