// The Lua program that shows the data in Wireshark: a post-dissector. It must run under Lua 5.2 (Wireshark 4.0) and Lua
// 5.4 (Wireshark 4.4), whose numbers differ: only `math.floor` makes an integer of a quotient in both.

/** Follows the definitions of `script.ts`: CAPTURES, HEADS, RULES, TEXTS, FINDINGS, LIMITS, FIRST_DIGIT and so on. */
export const DISSECTOR = String.raw`
local floor, byte, format = math.floor, string.byte, string.format

local pipelint = Proto("pipelint", "pipelint: SMTP command pipelining")
pipelint.prefs.info = Pref.bool("Add to the Info column", true, "Show replies and findings in the packet list")

local f = {
  session = ProtoField.string("pipelint.session", "Session"),
  verdict = ProtoField.string("pipelint.verdict", "Verdict"),
  encryption = ProtoField.string("pipelint.encryption", "Encryption"),
  limit = ProtoField.string("pipelint.limit", "Could not be seen"),
  group = ProtoField.uint32("pipelint.group", "Group"),
  command = ProtoField.string("pipelint.command", "Command"),
  reply = ProtoField.uint32("pipelint.reply", "Reply"),
  answers = ProtoField.string("pipelint.answers", "Answers"),
  response_in = ProtoField.framenum("pipelint.response_in", "Response in", base.NONE, frametype.RESPONSE),
  response_to = ProtoField.framenum("pipelint.response_to", "Response to", base.NONE, frametype.REQUEST),
  response_time = ProtoField.relative_time("pipelint.response_time", "Response time"),
  unanswered = ProtoField.string("pipelint.unanswered", "No reply was captured to"),
  unpaired = ProtoField.string("pipelint.unpaired", "Reply that answers no command"),
  uncertain = ProtoField.string("pipelint.uncertain", "Pairing not certain"),
  other_capture = ProtoField.string("pipelint.other_capture", "In another capture"),
  proved_error = ProtoField.string("pipelint.proved.error", "Proved error"),
  proved_warning = ProtoField.string("pipelint.proved.warning", "Proved warning"),
  suspected_error = ProtoField.string("pipelint.suspected.error", "Suspected error"),
  suspected_warning = ProtoField.string("pipelint.suspected.warning", "Suspected warning"),
  info = ProtoField.string("pipelint.info", "Information"),
  finding = ProtoField.string("pipelint.finding", "Finding"),
  rule = ProtoField.string("pipelint.rule", "Rule"),
  party = ProtoField.string("pipelint.party", "Party"),
  severity = ProtoField.string("pipelint.severity", "Severity"),
  certainty = ProtoField.string("pipelint.certainty", "Certainty"),
  clause = ProtoField.string("pipelint.clause", "Clause"),
  message = ProtoField.string("pipelint.message", "Message"),
  expected = ProtoField.string("pipelint.expected", "Expected"),
  actual = ProtoField.string("pipelint.actual", "Actual"),
  evidence = ProtoField.string("pipelint.evidence", "Evidence"),
  frame = ProtoField.framenum("pipelint.frame", "Frame of the finding", base.NONE),
  problem = ProtoField.string("pipelint.problem", "Problem"),
}
pipelint.fields = f

local function expertOf(name, text, severity)
  return ProtoExpert.new("pipelint.expert." .. name, text, expert.group.PROTOCOL, severity)
end
local e = {
  proved_error = expertOf("proved_error", "Proved error", expert.severity.ERROR),
  proved_warning = expertOf("proved_warning", "Proved warning", expert.severity.WARN),
  suspected_error = expertOf("suspected_error", "Suspected error, not proved", expert.severity.WARN),
  suspected_warning = expertOf("suspected_warning", "Suspected warning, not proved", expert.severity.NOTE),
  info = expertOf("info", "Information", expert.severity.CHAT),
  problem = expertOf("problem", "The data do not belong to this capture", expert.severity.WARN),
}
pipelint.experts = e

local streamOf = Field.new("tcp.stream")

-- The stream of this packet: of the innermost TCP header, where there are several.
local function streamNow()
  local found = { streamOf() }
  return #found > 0 and found[#found].value or nil
end

-- Numbers are written in base 45, the most significant digit first. All digits but the last have 45 added.

local text, at = "", 1

local function nextDigit()
  local digit = byte(text, at) - FIRST_DIGIT
  at = at + 1
  return digit > BACKSLASH and digit - 1 or digit
end

local function number()
  local digit = nextDigit()
  local value = 0
  while digit >= BASE do
    value = (value + digit - BASE) * BASE
    digit = nextDigit()
  end
  return value + digit
end

local function signed()
  local value = number()
  if value % 2 == 0 then return floor(value / 2) end
  return -floor((value + 1) / 2)
end

-- A frame, relative to another one, and its capture, where that is another one.
local function place(from)
  if #CAPTURES > 1 then
    local other = number()
    if other > 0 then return number(), other end
  end
  return from + signed(), nil
end

local function places(from, count)
  local list = {}
  for i = 1, count do
    local frame, other = place(from)
    list[i] = { frame = frame, other = other }
  end
  return list
end

local function elsewhere(there)
  local capture = CAPTURES[there.other]
  if capture == nil then return "in another capture" end
  return format("frame %d of %s", there.frame, capture.name)
end

local function sentence()
  local words = TEXTS[number() + 1]
  return (words:gsub("\001", function() return format("%d", number()) end))
end

-- The items of a frame: what HEADS says of their kind, then what differs from item to item.

local SESSION, COMMAND, REPLY, FINDING = 0, 1, 2, 3
local MANY = 2

local function refsOf(frame, count)
  if count == MANY then count = number() end
  return places(frame, count)
end

-- Seconds and nanoseconds; nil for what is not known.
local function timeOf()
  local value = number()
  if value == 0 then return nil end
  local unit = floor((value - 1) / 2)
  if value % 2 == 0 then return floor(unit / 1000000000), unit % 1000000000 end
  return floor(unit / 1000000), unit % 1000000 * 1000
end

local function itemOf(frame)
  local head = HEADS[number() + 1]
  local item = { kind = head[1], head = head }
  if item.kind == SESSION then
    item.id = frame + signed()
    item.last = frame + number()
  elseif item.kind == COMMAND then
    item.group = number()
    item.refs = refsOf(frame, head[5])
  elseif item.kind == REPLY then
    item.group = number()
    item.refs = refsOf(frame, head[4])
    for _, there in ipairs(item.refs) do there.seconds, there.ns = timeOf() end
  else
    item.finding = number() + 1
  end
  return item
end

local function decoded(block, first)
  text, at = block, 1
  local frames, frame = {}, first
  while at <= #block do
    local step = number()
    frame = frame + floor(step / 2)
    local record = { check = nextDigit(), anchor = frame - number() }
    local count = step % 2 == 0 and 1 or number()
    for i = 1, count do record[i] = itemOf(frame) end
    local list = frames[frame]
    if list == nil then frames[frame] = { record } else list[#list + 1] = record end
  end
  return frames
end

-- The blocks that were read last: sessions that are open at the same time are near each other.
local BLOCKS_KEPT = 8
local kept, nextKept = {}, 1
local capture, sessions, streams, noted, problem, coloured = nil, {}, {}, {}, nil, false

local function recordsOf(frame)
  local index = floor(frame / BLOCK_FRAMES)
  local block = capture.blocks[index]
  if block == nil then return nil end
  for _, known in ipairs(kept) do
    if known.index == index then return known.frames[frame] end
  end
  local frames = decoded(block, index * BLOCK_FRAMES)
  kept[nextKept] = { index = index, frames = frames }
  nextKept = nextKept % BLOCKS_KEPT + 1
  return frames[frame]
end

local function sessionAt(anchor)
  local session = sessions[anchor]
  if session ~= nil then return session end
  for _, record in ipairs(recordsOf(anchor) or {}) do
    if record.anchor == anchor then
      for _, item in ipairs(record) do
        if item.kind == SESSION then session = item end
      end
    end
  end
  sessions[anchor] = session
  return session
end

local findings = setmetatable({}, { __mode = "v" })

local function findingOf(index)
  local known = findings[index]
  if known ~= nil then return known end
  text, at = FINDINGS[index], 1
  local finding = { id = format("s%d.%d", number(), number()), rule = RULES[number() + 1], grade = GRADES[number() + 1] }
  finding.group = number() - 1
  finding.frames = places(0, number())
  finding.headline, finding.message = sentence(), sentence()
  finding.expected, finding.actual = sentence(), sentence()
  finding.evidence = {}
  for i = 1, number() do finding.evidence[i] = sentence() end
  findings[index] = finding
  return finding
end

-- Whether the data belong to the capture that is open: its first packet has the time of that of a capture that was
-- judged, and so has each packet that the data name.

local function chosen(time)
  for _, one in ipairs(CAPTURES) do
    if one.first ~= nil and time - one.first > -1e-6 and time - one.first < 2e-6 then return one end
  end
  return nil
end

local function fits(time, check)
  if check == CHECKS then return true end
  local apart = (floor(time * 1048576) - check) % CHECKS
  return apart <= 1 or apart == CHECKS - 1
end

local function reject(frame)
  capture = nil
  problem = { frame = frame, text = frame == 1 and "pipelint judged another capture for this Lua file"
    or "from this frame on, this is not the capture that pipelint judged for this Lua file" }
  io.stderr:write("pipelint, frame " .. format("%d", frame) .. ": " .. problem.text .. "\n")
end

-- The sessions of this packet: those that its records name, else the one that is open in its stream.

local function note(records)
  for _, record in ipairs(records) do
    local anchor = record.anchor
    if not noted[anchor] then
      local stream = streamNow()
      if stream ~= nil then
        noted[anchor] = true
        local list = streams[stream]
        if list == nil then streams[stream] = { anchor } else list[#list + 1] = anchor end
      end
    end
  end
end

local function openIn(stream, frame)
  local list = streams[stream] or {}
  for i = #list, 1, -1 do
    local session = sessionAt(list[i])
    if session ~= nil and list[i] <= frame and frame <= session.last then return session end
  end
  return nil
end

-- What no one looks at is not made: the packet details are not shown, and no filter, column or colouring rule uses the
-- field. Then the parts of an item belong to the item above it.

local visible = true

local function isWanted(parent, field)
  return visible or parent:referenced(field)
end

local function add(parent, field, value)
  if not isWanted(parent, field) then return parent end
  local item = parent:add(field, value)
  item:set_generated()
  return item
end

local function append(item, words)
  if visible then item:append_text(words) end
end

local function isElsewhere(there)
  return there.other ~= nil and CAPTURES[there.other] ~= capture
end

local function link(item, field, there)
  if isElsewhere(there) then return add(item, f.other_capture, elsewhere(there)) end
  return add(item, field, there.frame)
end

local function placeName(there)
  return isElsewhere(there) and elsewhere(there) or format("%d", there.frame)
end

-- For the Info column: kinds of words -> the words in the order in which they were said, each once, as many as fit.
local KINDS = {
  { "replies", "reply in " }, { "commands", "reply to " }, { "unanswered", "no reply captured: " },
  { "proved", "proved: " }, { "suspected", "suspected: " },
}
local SAID_MAX = 200
local said, wasSaid = {}, {}

local function say(kind, words)
  local known = said[kind]
  if wasSaid[kind .. words] or wasSaid[kind] then return end
  wasSaid[kind .. words] = true
  if known == nil then
    said[kind] = words
  elseif #known + #words <= SAID_MAX then
    said[kind] = known .. ", " .. words
  else
    said[kind] = known .. ", and more"
    wasSaid[kind] = true
  end
end

local function tell(pinfo)
  local all = nil
  for _, kind in ipairs(KINDS) do
    local words = said[kind[1]]
    if words ~= nil then all = (all == nil and "[" or all .. "; ") .. kind[2] .. words end
  end
  if all ~= nil then pinfo.cols.info:prepend(all .. "] ") end
end

local function rootOf(tree)
  local root = tree:add(pipelint)
  if visible then
    root:set_generated()
    root:set_text("pipelint")
  end
  return root
end

local function showSession(root, session)
  local head = session.head
  local id = format("s%d", session.id)
  add(root, f.session, id)
  local verdict = add(root, f.verdict, head[2])
  if head[3] ~= head[2] then append(verdict, " (" .. head[3] .. ")") end
  if head[4] ~= "none" then add(root, f.encryption, head[4]) end
  for i = 6, #head do append(add(root, f.limit, head[i]), ": " .. LIMITS[head[i]]) end
  append(root, ": " .. id .. ", " .. head[3])
  if head[5] == 1 then append(root, " (its commands and replies are left out: there are too many)") end
end

local function showCommand(root, item)
  local head = item.head
  local name, doubt = head[2], head[3] == 1
  local shown = add(root, f.command, name)
  add(shown, f.group, item.group)
  for _, there in ipairs(item.refs) do
    local answer = link(shown, f.response_in, there)
    if doubt then append(answer, " (not certain)") end
    say("replies", placeName(there) .. (doubt and "?" or ""))
  end
  if doubt then add(shown, f.uncertain, name) end
  if head[4] == 1 then
    add(shown, f.unanswered, name)
    append(shown, " (no reply was captured)")
    say("unanswered", name)
  end
end

local function showReply(root, item)
  local head = item.head
  local manner = head[3]
  local doubt = manner == "not certain"
  local shown = add(root, f.reply, head[2])
  if item.group > 0 then add(shown, f.group, item.group) end
  if head[5] ~= nil then add(shown, f.answers, head[5]) end
  for _, there in ipairs(item.refs) do
    local answered = link(shown, f.response_to, there)
    if doubt then append(answered, " (not certain)") end
    local what = placeName(there) .. (doubt and "?" or "")
    if there.seconds ~= nil then
      if isWanted(shown, f.response_time) then add(shown, f.response_time, NSTime.new(there.seconds, there.ns)) end
      what = what .. format(" after %.3f s", there.seconds + there.ns / 1e9)
    end
    say("commands", what)
  end
  if doubt then add(shown, f.uncertain, format("%d", head[2]))
  elseif manner == "unpaired" then add(shown, f.unpaired, format("%d", head[2]))
  elseif manner ~= "" then append(shown, " (" .. manner .. ")") end
end

local function showFinding(root, item, frame)
  local finding = findingOf(item.finding)
  local rule, grade = finding.rule, finding.grade
  local shown = add(root, f[grade.field], rule.id)
  if visible then shown:set_text(grade.words .. ": " .. finding.headline .. " (" .. rule.id .. ")") end
  add(shown, f.finding, finding.id)
  add(shown, f.rule, rule.id)
  add(shown, f.party, grade.party)
  add(shown, f.severity, grade.severity)
  add(shown, f.certainty, grade.certainty)
  add(shown, f.message, finding.message)
  add(shown, f.expected, finding.expected)
  add(shown, f.actual, finding.actual)
  for _, clause in ipairs(rule.clauses) do add(shown, f.clause, clause) end
  for _, words in ipairs(finding.evidence) do add(shown, f.evidence, words) end
  local last = nil
  for _, there in ipairs(finding.frames) do
    link(shown, f.frame, there)
    if not isElsewhere(there) then last = there.frame end
  end
  if last == frame or last == nil then
    shown:add_proto_expert_info(e[grade.field], rule.id .. ": " .. finding.message)
  end
  if grade.severity ~= "info" then say(grade.certainty, rule.id) end
end

local function showRecord(tree, record, frame)
  local root = rootOf(tree)
  local session = sessionAt(record.anchor)
  if session ~= nil then showSession(root, session) end
  for _, item in ipairs(record) do
    if item.kind == COMMAND then showCommand(root, item)
    elseif item.kind == REPLY then showReply(root, item)
    elseif item.kind == FINDING then showFinding(root, item, frame) end
  end
end

function pipelint.init()
  capture, sessions, streams, noted, problem, kept, nextKept = nil, {}, {}, {}, nil, {}, 1
  if coloured or not gui_enabled() then return end
  coloured = true
  for _, rule in ipairs(COLOURS) do set_color_filter_slot(rule.slot, rule.filter) end
end

local function showProblem(tree)
  local root = rootOf(tree)
  append(root, ": " .. problem.text)
  add(root, f.problem, problem.text)
  root:add_proto_expert_info(e.problem, problem.text)
end

local function isJudged(records, time)
  for _, record in ipairs(records) do
    if not fits(time, record.check) then return false end
  end
  return true
end

function pipelint.dissector(tvb, pinfo, tree)
  local frame, first = pinfo.number, not pinfo.visited
  visible = tree.visible
  if first and frame == 1 and problem == nil then
    capture = chosen(pinfo.abs_ts)
    if capture == nil then reject(frame) end
  end
  local records = capture ~= nil and recordsOf(frame) or nil
  if records ~= nil and first and not isJudged(records, pinfo.abs_ts) then reject(frame) end
  if problem ~= nil and problem.frame == frame then showProblem(tree) end
  if capture == nil then return end
  if records ~= nil then
    if first then note(records) end
    said, wasSaid = {}, {}
    for _, record in ipairs(records) do showRecord(tree, record, frame) end
    if pipelint.prefs.info then tell(pinfo) end
    return
  end
  local stream = streamNow()
  local session = stream ~= nil and openIn(stream, frame) or nil
  if session ~= nil then showSession(rootOf(tree), session) end
end

register_postdissector(pipelint)
`
