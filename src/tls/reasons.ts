// Why a TLS connection, or the rest of one, cannot be read: the words behind a limit of the code `tls`.

export const NO_KEYS_GIVEN = 'no keys were given'
export const NO_KEYS = 'the keys given are of other sessions'
export const KEYS_INCOMPLETE = 'some secrets of this session are not among the keys'
export const KEYS_WRONG = 'the keys do not fit'
export const NOT_AUTHENTIC = 'a record does not authenticate'
export const START_MISSING = 'the start of TLS is not in the capture'
export const BYTES_MISSING = 'bytes of TLS records are missing'
export const RECORD_NOT_ENDED = 'the last record is not complete'
export const NOT_RECORDS = 'what follows is no TLS record'
export const NOT_FINISHED = 'the TLS handshake did not finish'
export const TOO_MUCH_HELD = 'more early data than is held'

const VERSIONS = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
])

export function versionNotRead(version: number): string {
  return `${VERSIONS.get(version) ?? `TLS version 0x${fourDigits(version)}`} is not read`
}

export function suiteNotRead(suite: number): string {
  return `cipher suite 0x${fourDigits(suite)} is not read`
}

/** The peers broke off: RFC 8446 section 6 numbers the alerts. */
export function endedByAlert(description: number): string {
  return `${NOT_FINISHED}: alert ${description}`
}

function fourDigits(number: number): string {
  return number.toString(16).padStart(4, '0')
}
