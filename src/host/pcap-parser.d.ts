// The part of pcap-parser that is used here; it has no types of its own.
declare module 'pcap-parser' {
  namespace pcapParser {
    interface Packet {
      readonly header: {
        readonly timestampSeconds: number
        readonly timestampMicroseconds: number
        readonly capturedLength: number
        readonly originalLength: number
      }
      readonly data: Uint8Array
    }
    interface GlobalHeader {
      readonly linkLayerType: number
    }
    interface Parser {
      on(event: 'globalHeader', listener: (header: GlobalHeader) => void): this
      on(event: 'packet', listener: (packet: Packet) => void): this
      on(event: 'error', listener: (error: Error) => void): this
      on(event: 'end', listener: () => void): this
    }
    function parse(input: string | NodeJS.ReadableStream): Parser
  }
  export = pcapParser
}
