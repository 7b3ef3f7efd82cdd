// Before anything is open: what the page is for, and how to give it a capture.
import { Picker } from './picker.tsx'

export function StartView({ open }: { readonly open: (files: readonly File[]) => void }) {
  return (
    <section class="start">
      <h1>Who broke SMTP pipelining?</h1>
      <p class="promise">
        Open a packet capture of mail traffic. pipelint rebuilds every SMTP conversation, pairs each command with its
        reply, and says who broke the rules, with the packets that prove it.
      </p>
      <div class="drop">
        <p>
          <Picker open={open} label="Choose captures" isMain />
        </p>
        <p>
          or drop them anywhere on this page, or paste them. pcap and pcapng, also as .gz, .zst or .lz4; several files
          at once; a TLS key log with them.
        </p>
      </div>
      <p class="private">
        <strong>Nothing leaves this computer.</strong> The captures are read in this browser. The page&rsquo;s own
        policy (<code>connect-src 'none'</code>) forbids it every connection: it also works offline, from disk.
      </p>
    </section>
  )
}
