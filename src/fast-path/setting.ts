// Whether ordinary sessions are counted without the engine. `PIPELINT_FAST_PATH=off` switches that off for a whole process
// (cli/main.ts), to compare both ways.

export const fastPathSetting = { isOff: false }
