// What `.ci/page.mjs` puts into the page.
declare module 'pipelint:kernel' {
  /** The compiled kernel of the fast path, in base64. */
  export const kernel: string
}
declare module 'pipelint:build' {
  export const version: string
}
