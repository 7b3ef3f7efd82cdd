// Opens the file dialog of the browser.
import { useRef } from 'preact/hooks'

interface Props {
  readonly open: (files: readonly File[]) => void
  readonly label: string
  readonly isMain?: boolean
}

export function Picker({ open, label, isMain = false }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const choose = () => {
    const files = [...(input.current?.files ?? [])]
    if (input.current !== null) input.current.value = ''
    open(files)
  }
  return (
    <>
      <button type="button" class={isMain ? 'main' : undefined} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input ref={input} type="file" multiple hidden aria-label={label} onChange={choose} />
    </>
  )
}
