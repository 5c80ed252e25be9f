-- JSON (RFC 8259) as the transcoder prints it. Strings, numbers and words stay as they are written, so that they can
-- be written again without a change; objects and arrays become tables.

local json = {}

local parse

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

-- The end of the string that begins at `at`.
local function string_end(text, at)
  local quote = at
  repeat
    quote = text:find('[\\"]', quote + 1)
    if quote == nil then return nil end
    local escaped = text:sub(quote, quote) == "\\"
    if escaped then quote = quote + 1 end
  until not escaped
  return quote
end

-- Objects and arrays alike: `close` ends it, `member` reads one member into `into` and returns where it ends.
local function sequence(text, at, close, member)
  local into = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == close then return into, at + 1 end
  while true do
    at = member(text, at, into)
    if at == nil then return nil end
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == close then return into, at + 1 end
    if mark ~= "," then return nil end
    at = skip(text, at + 1)
  end
end

local function field(text, at, into)
  if text:sub(at, at) ~= '"' then return nil end
  local last = string_end(text, at)
  local colon = last and skip(text, last + 1)
  if colon == nil or text:sub(colon, colon) ~= ":" then return nil end
  local value, after = parse(text, skip(text, colon + 1))
  if value == nil then return nil end
  into[text:sub(at + 1, last - 1)] = value
  return after
end

local function item(text, at, into)
  local value, after = parse(text, at)
  if value == nil then return nil end
  into[#into + 1] = value
  return after
end

-- A value and the place after it; nil where there is none.
function parse(text, at)
  local first = text:sub(at, at)
  if first == "{" then return sequence(text, at, "}", field) end
  if first == "[" then return sequence(text, at, "]", item) end
  if first == '"' then
    local last = string_end(text, at)
    if last == nil then return nil end
    return text:sub(at, last), last + 1
  end
  local word = text:match("^[%w+.-]+", at)
  if word == nil then return nil end
  return word, at + #word
end

-- The value that is the whole of `text`, nil if it is not JSON.
function json.decode(text)
  local value, after = parse(text, skip(text, 1))
  if value == nil or skip(text, after) <= #text then return nil end
  return value
end

local function escape(char)
  return string.format("\\u%04x", char:byte())
end

function json.quote(text)
  return '"' .. text:gsub('[%z\1-\31\\"\127]', escape) .. '"'
end
