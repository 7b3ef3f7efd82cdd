// One rule: its law, why, proof, exceptions, fix and examples, as in the catalogue; and where it was broken here.
import { decimal } from '../report/format-text.ts'
import { type RuleSection, ruleSections } from '../report/rule-pages.ts'
import { RULES } from '../rules/index.ts'
import { IncidentList } from './incidents-view.tsx'
import type { Model } from './model.ts'
import { linkTo } from './route.ts'

const INCIDENTS = 20

export function RuleView({ model, id }: { readonly model: Model; readonly id: string }) {
  const rule = RULES.find((one) => one.id === id)
  if (rule === undefined) return <h1>There is no rule {id}</h1>
  const rows = model.incidents.filter(({ shown }) => shown.findings.some((finding) => finding.rule === id))
  return (
    <article class="rule-page">
      <h1>
        <code>{rule.id}</code>
      </h1>
      <p class="title-line">{rule.title}</p>
      <p class="facts">
        judged side: {rule.party} · highest severity: {rule.severity}
      </p>
      <div class="columns">
        <div>
          {ruleSections(rule).map((section) => (
            <Section key={section.title} section={section} />
          ))}
        </div>
        <section aria-labelledby="here">
          <h2 id="here">In these captures</h2>
          {rows.length === 0 ? (
            <p>No incident with this rule is listed.</p>
          ) : (
            <IncidentList rows={rows.slice(0, INCIDENTS)} />
          )}
          {rows.length > INCIDENTS && (
            <p class="more">
              <a href={linkTo({ view: 'incidents', filter: id })}>all {decimal(rows.length)}</a>
            </p>
          )}
        </section>
      </div>
    </article>
  )
}

function Section({ section: { title, body } }: { readonly section: RuleSection }) {
  return (
    <section>
      <h2>{title}</h2>
      {body.kind === 'clauses' &&
        body.clauses.map(({ name, text }) => (
          <figure key={name + text} class="quote">
            <blockquote>{text}</blockquote>
            <figcaption>{name}</figcaption>
          </figure>
        ))}
      {body.kind === 'text' && <p>{body.text}</p>}
      {body.kind === 'example' && <pre class="example">{body.text}</pre>}
    </section>
  )
}
