// The words that redaction keeps; any other word may be a name. Keywords come from registries, the rest from the
// replies of well-known servers and from our own messages.
import { RULES } from '../rules/index.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Extensions, their parameters and mechanisms: the registries of mail parameters and of SASL, and Microsoft's own. */
const KEYWORDS = words(`
  pipelining 8bitmime size starttls chunking binarymime enhancedstatuscodes dsn etrn atrn help expn vrfy auth smtputf8
  deliverby burl checkpoint submitter conneg mtrk mt-priority rrvs limits requiretls utf8smtp no-soliciting verb turn
  saml send soml future futurerelease xclient xforward xexch50 x-exps x-anonymoustls x-link2state xverp xdebug prdr
  x_prdr pipeconnect pipe_connect x_pipe_connect xoorg xproxy xrdst xshadow
  mail rcpt data bdat rset noop quit ehlo helo lhlo from to proxy tcp4 tcp6 imap absent
  plain login cram-md5 cram digest-md5 digest md5 gssapi gss-spnego spnego ntlm external anonymous kerberos_v4
  gs2-krb5 gs2-krb5-plus
  oauthbearer xoauth2 xoauth scram-sha-1 scram-sha-1-plus scram-sha-256 scram-sha-256-plus scram sha plus otp skey
  body ret notify envid orcpt by solicit 7bit full hdrs never success failure delay delivery last
  name addr port proto source destaddr destport local remote unavailable tempunavail rfc822 utf-8 smtp esmtp lmtp
  rcptmax mailmax rcptdomainmax alt-smtp`)

/** Names of software, and of the links in banners. */
const SOFTWARE = words(`
  postfix exim sendmail haraka qpsmtpd opensmtpd smtpd courier dovecot cyrus qmail exchange microsoft gsmtp google zmailer
  mercury mdaemon hmailserver postscreen amavis mimedefang milter twisted nodemailer aiosmtpd python swaks msmtp netqmail
  cisco pix asa barracuda ironport proofpoint mimecast powermta debian ubuntu gnu linux freebsd version server mta mda
  http https www rfc rfcs support postmaster`)

/** Words of server replies, in English: about commands, senders, recipients, messages, policies and goodbyes. */
const REPLIES = words(`
  a about abort aborted absent accept acceptable accepted accepting access account acknowledged action actually add added
  address addresses administrative administrator after again ago ahead all allowed already also always an analysis and
  another answer any anymore appear appears are argument arguments as asked at attempt attempted attempts
  authenticate authenticated authentication authorized auto available away aye back bad banned bare because been before
  begin behavior being believe between beyond blocked bounce box buffer bug busy but byte bytes bye call can cannot
  can't certificate change channel character characters check checking checks chunk classified clear cleared client
  clients close closed closes closing code command commands complete completed compliant concurrent configuration
  configured congratulations connect connected connecting connection connections contact contain contains content
  continue continued control could couldn't cr crlf current currently daily date day days deferred delay delayed delete
  delivered deliver denied description destination detected did didn't different disabled discarded disconnect
  disconnected disconnecting disk dns do does doesn't domain domains don't done dot down due duplicate during each early
  either eight else email emails empty encoding encrypted encryption end ended ending ends enough enter entering envelope
  err error errors escape exceed exceeded exceeds exist existing exists expand expected extended extension failed fails
  fatal feature few field file filter final find fine finished first fixed flow flushed follow following follows for
  forbidden forgotten format forward found frequently full further general get gateway give given gmt go goes going good
  goodbye got greeting greetings greets greylist greylisted greylisting group groups had handle handler has hasn't have haven't
  header headers hello here hi hidden high hit hold host hostname hour hours how however i id idle if ignored ignoring
  illegal impatient implement implemented improper in inactive inactivity includes incoming incorrect information initial
  input insufficient internal internalid into invalid ip is isn't issue issued it items its itself jolly just keep known
  large later leading least length less let letter lf lifetime like limit limited line linefeed lines list listed ll load
  lock long longer look loop lost lower mailbox mailboxes mailer make many match maximum may me mechanism mechanisms member
  message messages method minute minutes missing mode moment month more most moved much multiple must my nested nested
  network never new newline newlines next nice no non not nothing now null number numeric occurred octet octets of off
  offered ok okay on once one only open operation option optional options or order other our out outside over overflow
  own parameter parameters parse part password path pending perform performed perhaps period permanent permanently
  permission permitted person please pleased pls point policy polite possible preceded preferred previous privacy problem
  problems proceed process processed processing prohibited prohibition protocol provide provided purge purged qp queue
  queued queueing queuing quota rate reach reached read reading ready real reason receive received receiver receiving
  recipient recipients recognised recognize recognized record refer refused reject rejected rejection rejects relay
  relayed relaying remain remove repeat reply reputation request requested require required requires reset resetting
  resource resources response restricted result resume resuming return returned reverse right route routing running said
  same saved say says scanned sec second seconds secure security see seems send sender senders sending sends sent sequence
  service session set setting seven shall should shutdown shutting side since sir site sizes slow slowdown small sorry
  source space spaces spam specific specified specify start started starting starts state status step still stop stopped
  storage store stored stream string subject submission submit submitted such supply support supported suspended
  synchronization synchronisation syntax system takes taken talk temporarily temporary test text than thank thanks that
  the their them then there these they this those through throttled throttling till time timed timeout times timing tls
  today together token too took total transaction transactions transcript transfer transmission transmitted transport
  tried trouble try trying turned two type typos unable unacceptable unauthenticated unauthorized unavailable unbalanced
  under unexpected unimplemented unknown unnecessary unrecognised unrecognized unrouteable unroutable unsolicited
  unsupported until unverified up upgrade upper use used user users uses using usage valid value ve verification
  verified verify virus visit wait waiting want wants was wasn't way we week welcome well were what when where which
  while who why will wish with without work working would wrong you your yourself
  mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep oct nov dec utc est edt cst cdt mst mdt pst pdt cet cest`)

/** Words that our own messages, expectations and evidence add to these. */
const OWN_WORDS = words(`
  ack acknowledge acknowledges acknowledgement acknowledging advertised among announced another answered answers
  arrived assumes attack auth batched begins blind both box breaks broke broken bytes came capabilities capture
  captured carried carries carrying certain chain client's commands' conforming consist count counted cover covered
  covers cut delivered dialogue digits earlier earliest ehlo ended fin first flag followed found four frame frames goes
  half hand handshake held holds hop hops hundred hyphen inconclusive inside keyword keywords lack lacks later latest
  left listed lists lost masked meant middle moved neither nested nor offered offer octet once opened order out
  outstanding overwritten path payload pipeline pipelined plaintext prove proved quit quoted range read reads received
  refusal refuses released releases replied replies reply rest reached retransmitted round rst rule's rules run runs s
  seen segment segments sends sent server's session's share shares shown silence silent single six some stood suspected
  syn tcp's tcp tell ten things third three thousand told twice unanswered understood unit units unknown unread waited
  waits window windows withheld within words writes wrote xclient acked acts although arrives assumed be behind blank
  break codes counting differ enhanced every exactly fit front gave gives injects join matches none nowhere otherwise
  overwrote place program shows somebody soon surplus texts went whole wire yet lines zero x's 4xx 5xx 2xx 3xx case
  changed expect clear began speaks record pass passed come captures itself only own never records octets made sessions
  above counts digit dropped explains numbers show whose device firewall asterisks multiline alone arrival extra
  accepts written looks reports continues inserted whether so other's offers around`)

const RULE_WORDS = RULES.flatMap((rule) => rule.words ?? [])

export const ALLOWED_WORDS: ReadonlySet<string> = new Set([
  ...[...KEYWORDS, ...SOFTWARE, ...REPLIES],
  ...[...OWN_WORDS, ...RULE_WORDS],
])
export const KEYWORD_SET: ReadonlySet<string> = new Set(KEYWORDS)
