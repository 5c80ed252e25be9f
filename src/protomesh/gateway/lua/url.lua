-- URLs: what the transcoder would let through and a service could not read.

local url = {}

local function byte_of(hex)
  return string.char(tonumber(hex, 16))
end

function url.decode(text)
  return (text:gsub("%%(%x%x)", byte_of))
end

-- How many bytes follow the lead byte of a UTF-8 character, and the bounds of the first of them (RFC 3629, section 4).
local function follows(lead)
  if lead < 0x80 then return 0 end
  if lead >= 0xC2 and lead <= 0xDF then return 1, 0x80, 0xBF end
  if lead >= 0xE0 and lead <= 0xEF then return 2, lead == 0xE0 and 0xA0 or 0x80, lead == 0xED and 0x9F or 0xBF end
  if lead >= 0xF0 and lead <= 0xF4 then return 3, lead == 0xF0 and 0x90 or 0x80, lead == 0xF4 and 0x8F or 0xBF end
  return nil
end

local function is_utf8(text)
  local at = 1
  while at <= #text do
    local count, low, high = follows(text:byte(at))
    if count == nil then return false end
    for offset = 1, count do
      local next_byte = text:byte(at + offset)
      if next_byte == nil or next_byte < low or next_byte > high then return false end
      low, high = 0x80, 0xBF
    end
    at = at + count + 1
  end
  return true
end

-- A query parameter that names a path variable would replace it.
local function overrides(query, own)
  for part in query:gmatch("[^&]+") do
    local name = url.decode((part:match("^[^=]*"):gsub("%+", " ")))
    if own[name] then return name end
  end
  return nil
end

-- Whether there is anything to look at: an escape, a query, or a byte that should have been escaped.
function url.is_suspect(path)
  return path:find("[%%?\128-\255]") ~= nil
end

-- What is wrong with the path and query of a REST request, nil for nothing. `own` holds its path variables.
function url.fault(path, own)
  if path:find("[%%\128-\255]") then
    if path:gsub("%%%x%x", ""):find("%", 1, true) then return "the URL has a broken percent escape" end
    local plain = url.decode(path)
    if not is_utf8(plain) then return "the URL is not valid UTF-8" end
    if plain:find("%z") then return "the URL contains a zero byte" end
  end
  local query = path:match("%?(.*)$")
  local name = query and own and overrides(query, own)
  if name then return "query parameter '" .. name .. "' is already given by the path" end
  return nil
end
