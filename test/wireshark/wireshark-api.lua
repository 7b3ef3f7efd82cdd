-- As much of Wireshark's interface for Lua as a post-dissector needs, to run one under another Lua than Wireshark has:
-- lua5.4 wireshark-api.lua SCRIPT < PACKETS, one packet a line: number, time, TCP stream. Prints a line for each field:
-- frame, name, value.
local shown

local function typed(kind)
  return function(name) return { name = name, kind = kind } end
end
ProtoField = { string = typed("string"), uint32 = typed("number"), framenum = typed("number"), relative_time = typed("time") }
ProtoExpert = { new = function(name) return { name = name } end }
base, frametype = { NONE = 0 }, { REQUEST = 1, RESPONSE = 2 }
expert = { group = { PROTOCOL = 0 }, severity = { ERROR = 4, WARN = 3, NOTE = 2, CHAT = 1 } }
Pref = { bool = function(_, default) return default end }
NSTime = { new = function(seconds, ns)
  assert(math.type(seconds) == "integer" and math.type(ns) == "integer")
  return { seconds = seconds, ns = ns, tonumber = function(time) return time.seconds + time.ns / 1e9 end }
end }
function Proto(name) return { name = name, prefs = {}, experts = {} } end
function gui_enabled() return true end
function set_color_filter_slot(slot, filter) assert(slot >= 1 and slot <= 10 and filter ~= "") end
local stream
Field = { new = function() return function()
  if stream ~= nil then return { value = stream } end
end end }
local postdissector
function register_postdissector(proto) postdissector = proto end

local Item = {}
Item.__index = Item
function Item:add(field, value)
  if field.kind == "number" then
    assert(math.type(value) == "integer", field.name)
    value = string.format("%d", value)
  elseif field.kind == "time" then
    value = string.format("%d.%09d", value.seconds, value.ns)
  elseif field.kind == "string" then
    assert(type(value) == "string", field.name)
  end
  if field.kind ~= nil then io.write(shown, "\t", field.name, "\t", value, "\n") end
  return setmetatable({}, Item)
end
function Item:add_proto_expert_info(info, text) io.write(shown, "\t", info.name, "\t", text, "\n") end
function Item:set_text(text) assert(type(text) == "string") end
Item.append_text = Item.set_text
function Item:set_generated() end
function Item:referenced() return false end

dofile(arg[1])
postdissector.init()
for line in io.lines() do
  local number, time, own = line:match("^(%d+)\t(%S+)\t?(%d*)$")
  stream = own ~= "" and math.tointeger(own) or nil
  shown = number
  local info = { prepend = function(_, text) io.write(shown, "\tinfo\t", text, "\n") end }
  local packet = { number = math.tointeger(number), abs_ts = tonumber(time), visited = false, cols = { info = info } }
  postdissector.dissector(nil, packet, setmetatable({ visible = true }, Item))
end
