local PROBLEM = "application/problem+json"
local LOCAL_CODE = "x-local-code"
local NOT_ACCEPTABLE = "the answer is application/json, and Accept does not allow that"
local CODES = {["0"] = "OK", ["1"] = "CANCELLED", ["2"] = "UNKNOWN", ["3"] = "INVALID_ARGUMENT", ["4"] = "DEADLINE_EXCEEDED", ["5"] = "NOT_FOUND", ["6"] = "ALREADY_EXISTS", ["7"] = "PERMISSION_DENIED", ["16"] = "UNAUTHENTICATED", ["8"] = "RESOURCE_EXHAUSTED", ["9"] = "FAILED_PRECONDITION", ["10"] = "ABORTED", ["11"] = "OUT_OF_RANGE", ["12"] = "UNIMPLEMENTED", ["13"] = "INTERNAL", ["14"] = "UNAVAILABLE", ["15"] = "DATA_LOSS"}
local TITLES = {["400"] = "Bad Request", ["401"] = "Unauthorized", ["402"] = "Payment Required", ["403"] = "Forbidden", ["404"] = "Not Found", ["405"] = "Method Not Allowed", ["406"] = "Not Acceptable", ["407"] = "Proxy Authentication Required", ["408"] = "Request Timeout", ["409"] = "Conflict", ["410"] = "Gone", ["411"] = "Length Required", ["412"] = "Precondition Failed", ["413"] = "Request Entity Too Large", ["414"] = "Request-URI Too Long", ["415"] = "Unsupported Media Type", ["416"] = "Requested Range Not Satisfiable", ["417"] = "Expectation Failed", ["418"] = "I'm a Teapot", ["421"] = "Misdirected Request", ["422"] = "Unprocessable Entity", ["423"] = "Locked", ["424"] = "Failed Dependency", ["425"] = "Too Early", ["426"] = "Upgrade Required", ["428"] = "Precondition Required", ["429"] = "Too Many Requests", ["431"] = "Request Header Fields Too Large", ["451"] = "Unavailable For Legal Reasons", ["500"] = "Internal Server Error", ["501"] = "Not Implemented", ["502"] = "Bad Gateway", ["503"] = "Service Unavailable", ["504"] = "Gateway Timeout", ["505"] = "HTTP Version Not Supported", ["506"] = "Variant Also Negotiates", ["507"] = "Insufficient Storage", ["508"] = "Loop Detected", ["510"] = "Not Extended", ["511"] = "Network Authentication Required", ["499"] = "Client Closed Request"}

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

-- Native gRPC requests: header values on which the gRPC core of a service fails would be remembered in the connection
-- that all callers share, and make the calls of others fail.

local rpc = {}

-- Base64 as the gRPC core reads it (RFC 4648, section 4): padding may be left out, spare bits are zero.
local function is_base64(value)
  local body, padding = value:match("^([A-Za-z0-9+/]*)(=*)$")
  if body == nil then return false end
  local rest = #body % 4
  if rest == 1 or (padding ~= "" and (#body + #padding) % 4 ~= 0) or #padding > 2 then return false end
  if rest == 2 then return body:find("[AQgw]$") ~= nil end
  if rest == 3 then return body:find("[AEIMQUYcgkosw048]$") ~= nil end
  return true
end

local ENCODINGS = {["identity"] = true, ["gzip"] = true, ["deflate"] = true}

-- Whether the gRPC core can read messages in the encoding that is named.
function rpc.knows_encoding(headers)
  local encoding = headers:get("grpc-encoding")
  return encoding == nil or ENCODINGS[encoding] == true
end

-- What is wrong with the headers, nil for nothing.
function rpc.fault(headers)
  for name, value in pairs(headers) do
    if name:sub(-4) == "-bin" and not is_base64(value) then return "malformed " .. name end
  end
  return nil
end

-- What a caller accepts (RFC 9110, 12.4.2 and 12.5.1).

local accept = {}

local function weight_of(range)
  return tonumber(range:match(";%s*q%s*=%s*([^;%s]*)") or "1") or 0
end

-- Each media range with its weight, in lower case.
local function ranges(text)
  local found = {}
  for range in text:lower():gmatch("[^,]+") do
    local kind = range:match("^%s*([^;%s]+)")
    if kind ~= nil then found[#found + 1] = {kind, weight_of(range)} end
  end
  return found
end

-- The weight of a media type that is named; nil where it is not.
function accept.weight(text, kind)
  for _, range in ipairs(ranges(text)) do
    if range[1] == kind then return range[2] end
  end
  return nil
end

local SPECIAL = {["*"] = 1, ["*/*"] = 1, ["application/*"] = 2, ["application/json"] = 3}

-- The most special range that JSON falls under decides; without any ranges all is accepted.
function accept.allows_json(headers)
  local found = ranges(headers:get("accept") or "")
  if #found == 0 then return true end
  local special, weight = 0, 0
  for _, range in ipairs(found) do
    local rank = SPECIAL[range[1]] or 0
    if rank > special then special, weight = rank, range[2]
    elseif rank == special and rank > 0 then weight = math.max(weight, range[2]) end
  end
  return weight > 0
end

-- Browsers: who can be sent to another page, and where the page to log in is.

local browser = {}

-- A page script follows a redirect without a word and gets the login page for data: only a navigation is sent on.
-- Browsers say `sec-fetch-mode` (Fetch Metadata); older ones do not.
function browser.navigates(headers)
  local text = headers:get("accept")
  if text == nil or not text:lower():find("text/html", 1, true) then return false end
  local verb, mode = headers:get(":method"), headers:get("sec-fetch-mode")
  if (verb ~= "GET" and verb ~= "HEAD") or (mode ~= nil and mode ~= "navigate") then return false end
  local page, data = accept.weight(text, "text/html") or 0, accept.weight(text, "application/json") or 0
  return page > 0 and page >= data
end

-- One list (RFC 6265, 5.4), however many lines it came in: a service would see one line of them only.
function browser.join_cookies(headers)
  local count, found = headers:getNumValues("cookie"), {}
  if count < 2 then return end
  for at = 0, count - 1 do found[#found + 1] = headers:getAtIndex("cookie", at) end
  headers:remove("cookie")
  headers:add("cookie", table.concat(found, "; "))
end

-- RFC 8288: the target of `rel=login`, nil where there is none.
function browser.login(links)
  for target, rest in (links or ""):gmatch("<([^>]*)>([^,]*)") do
    if rest:find(";%s*rel%s*=%s*\"?login\"?%s*$") or rest:find(";%s*rel%s*=%s*\"?login\"?%s*;") then return target end
  end
  return nil
end

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

-- The error of a service as RFC 9457 "Problem Details", in the one shape that every REST error has.

local problem = {}

local BAD_REQUEST = '"type.googleapis.com/google.rpc.BadRequest"'

local function is_string(value)
  return type(value) == "string" and value:sub(1, 1) == '"'
end

local function text_of(value)
  return is_string(value) and value or '""'
end

-- google.rpc.BadRequest: field, why, and which rule.
local function violations(details)
  local found = {}
  for _, detail in ipairs(type(details) == "table" and details or {}) do
    local fields = type(detail) == "table" and detail["@type"] == BAD_REQUEST and detail.fieldViolations
    for _, one in ipairs(type(fields) == "table" and fields or {}) do
      found[#found + 1] = '{"field":' .. text_of(one.field) .. ',"rule":' .. text_of(one.reason)
        .. ',"message":' .. text_of(one.description) .. "}"
    end
  end
  return "[" .. table.concat(found, ",") .. "]"
end

-- `status` is the HTTP status, `code` the number of the google.rpc.Code, both as text; `message` is a JSON string.
local function shape(status, code, message, id, list)
  return '{"type":"about:blank","title":' .. json.quote(TITLES[status] or "Error") .. ',"status":' .. status
    .. ',"detail":' .. message .. ',"code":"' .. (CODES[code] or "UNKNOWN") .. '","requestId":' .. json.quote(id)
    .. ',"violations":' .. list .. "}"
end

-- From the transcoder's google.rpc.Status in JSON; nil if it is none.
function problem.from_status(body, status, id)
  local found = json.decode(body)
  if type(found) ~= "table" or found.code == nil then return nil end
  return shape(status, found.code, text_of(found.message), id, violations(found.details))
end

-- From the headers of an error that the transcoder could not print.
function problem.from_headers(code, message, status, id)
  return shape(status, code, json.quote(url.decode(message)), id, "[]")
end

-- The edge filter. It is told by the route's metadata, written from the contract, what to do:
--   kind    "rpc": a gRPC method, "no-rpc": none; "answer": answered here;
--           "plain", "json" (the body has to be JSON), "stream", "json-stream", "head": a REST binding
--   status  of an answer, with `allow` and for gRPC `fault`, its words
--   own     path variables that no query parameter may name
--   json    a success is JSON, which Accept has to allow
--   raw     the answer's body is the service's own (google.api.HttpBody), whatever its status
-- Should this fail, Envoy goes on without it: the routes and the transcoder by themselves let nothing else through.

local TAKES_JSON = {["json"] = true, ["json-stream"] = true}
local STREAMS = {["stream"] = true, ["json-stream"] = true}

local MEMORY = "protomesh.edge"
local TWO_CREDENTIALS = {[":status"] = "401", ["www-authenticate"] = 'Bearer error="invalid_request"'}

-- Envoy may have joined them; no bearer token (RFC 6750, 2.1) holds a comma.
local function has_two_credentials(headers)
  local value = headers:get("authorization")
  return value ~= nil and (value:find(",", 1, true) ~= nil or headers:getNumValues("authorization") > 1)
end

local function is_json(content_type)
  local kind = content_type:lower():match("^%s*([^;%s]+)")
  return kind == "application/json" or (kind ~= nil and kind:find("^application/[%w.+-]+%+json$") ~= nil)
end

-- A page of another origin may send a body without a content type and without being asked: that is not JSON.
local function refuses_body(headers)
  local content_type = headers:get("content-type")
  if content_type ~= nil then return not is_json(content_type) end
  local length = headers:get("content-length")
  return (length ~= nil and length ~= "0") or headers:get("transfer-encoding") ~= nil
end

local function on_rpc(handle)
  if not rpc.knows_encoding(handle:headers()) then return handle:respond({[":status"] = "501"}, "") end
  local fault = rpc.fault(handle:headers())
  if fault then handle:respond({[":status"] = "400"}, fault) end
end

local function answer(handle, route)
  handle:respond({[":status"] = route:get("status"), allow = route:get("allow")}, route:get("fault") or "")
end

local function keep(handle, fact)
  handle:streamInfo():dynamicMetadata():set(MEMORY, fact, true)
end

local function knows(handle, fact)
  local memory = handle:streamInfo():dynamicMetadata():get(MEMORY)
  return memory ~= nil and memory[fact] == true
end

-- A browser that navigates may have to be sent to another page first: it is refused when it would get JSON.
local function refuses_json(handle, headers)
  if accept.allows_json(headers) then return false end
  if not browser.navigates(headers) then return true end
  keep(handle, "refuses json")
  return false
end

-- What the answer has to know of the request, and what a service cannot see by itself.
local function remember(handle, headers)
  if browser.navigates(headers) then keep(handle, "navigates") end
  if headers:get("cookie") == nil then return end
  browser.join_cookies(headers)
  headers:replace("x-envoy-original-authority", headers:get(":authority"))
end

function envoy_on_request(handle)
  local route, headers = handle:metadata(), handle:headers()
  local kind = route:get("kind")
  if has_two_credentials(headers) then return handle:respond(TWO_CREDENTIALS, "") end
  if kind == "rpc" then return on_rpc(handle) end
  if kind == "answer" or kind == "no-rpc" then return answer(handle, route) end
  remember(handle, headers)
  local path = headers:get(":path")
  local fault = url.is_suspect(path) and url.fault(path, route:get("own"))
  if fault then return handle:respond({[":status"] = "400"}, fault) end
  if TAKES_JSON[kind] and refuses_body(headers) then return handle:respond({[":status"] = "415"}, "") end
  if route:get("json") and refuses_json(handle, headers) then return handle:respond({[":status"] = "406"}, "") end
  if kind == "head" then headers:replace(":method", "GET") end
end

-- A service may choose among successes or among errors, not turn one into the other: a message that says nothing of
-- an error would be sent as one. A raw body is a page of the service's own, so its status may be any.
local function final_status(headers, status, is_page)
  local wanted = headers:get("x-http-status")
  if wanted == nil then return status end
  headers:remove("x-http-status")
  local success = is_page and "^[2-5]%d%d$" or "^[23]%d%d$"
  local allowed = (status == "200" and wanted:find(success)) or (status >= "400" and wanted:find("^[45]%d%d$"))
  if not allowed then return status end
  headers:replace(":status", wanted)
  return wanted
end

local function drop_body(handle)
  for chunk in handle:bodyChunks() do chunk:setBytes("") end
end

-- The transcoder's JSON, or for want of it the gRPC headers, as a problem. The wrappers die when the body is waited for.
local function explain(handle, headers, status, kind, code, message)
  headers:remove("grpc-status-details-bin")
  if headers:get("content-type") == PROBLEM then return end
  headers:replace("content-type", PROBLEM)
  local id = headers:get("x-request-id") or ""
  local body = handle:body(true)
  local text = body and problem.from_status(body:getBytes(0, body:length()), status, id)
  text = text or problem.from_headers(code or "2", message or "", status, id)
  if body == nil then return end
  body:setBytes(kind == "head" and "" or text)
  handle:headers():replace("content-length", tostring(#text))
end

-- RFC 9110: 204 and 304 end with their headers, 205 says that it is empty.
local BODILESS = {["204"] = true, ["205"] = true, ["304"] = true}

local function without_body(handle, headers, status)
  headers:remove("content-length")
  headers:remove("content-type")
  if status == "205" then headers:replace("content-length", "0") end
  drop_body(handle)
end

-- A visitor who may log in: a browser that navigates is sent there, and all others are told where it is.
local function sends_to_login(handle, headers)
  local target = browser.login(headers:get("link"))
  if target == nil then return false end
  headers:add("vary", "Accept")
  if not knows(handle, "navigates") then return false end
  headers:replace(":status", "302")
  headers:replace("location", target)
  headers:replace("cache-control", "no-store")
  headers:replace("content-length", "0")
  for _, name in ipairs({"content-type", "link", "www-authenticate", "grpc-status-details-bin"}) do headers:remove(name) end
  drop_body(handle)
  return true
end

local RESOURCE = {"etag", "link", "location", "retry-after"}

-- The wrappers die when the body is waited for.
local function not_acceptable(handle, headers, kind)
  for _, name in ipairs(RESOURCE) do headers:remove(name) end
  headers:replace(":status", "406")
  headers:replace("content-type", PROBLEM)
  local text = problem.from_headers("3", NOT_ACCEPTABLE, "406", headers:get("x-request-id") or "")
  local body = handle:body(true)
  if body == nil then return end
  body:setBytes(kind == "head" and "" or text)
  handle:headers():replace("content-length", tostring(#text))
end

local function on_rest(handle, headers, kind, raw)
  local first = headers:get(":status")
  local is_page = raw and first == "200"
  local status = final_status(headers, first, is_page)
  local code, message = headers:get("grpc-status"), headers:get("grpc-message")
  headers:remove("grpc-status")
  headers:remove("grpc-message")
  if status == "401" and not is_page and sends_to_login(handle, headers) then return end
  if status >= "400" and not is_page then return explain(handle, headers, status, kind, code, message) end
  if status < "300" and knows(handle, "refuses json") then return not_acceptable(handle, headers, kind) end
  if STREAMS[kind] and not raw and headers:get("content-type") == "application/json" then
    headers:replace("content-type", "application/x-ndjson")
  end
  if BODILESS[status] then
    without_body(handle, headers, status)
  elseif kind == "head" then
    drop_body(handle)
  end
end

-- Envoy's own refusals: it takes the gRPC status from the HTTP status, not always well.
local function on_rpc_answer(headers)
  headers:remove("x-http-status")
  local code = headers:get(LOCAL_CODE)
  if code == nil then return end
  headers:remove(LOCAL_CODE)
  headers:replace("grpc-status", code)
end

-- Envoy answers a preflight itself, whatever the route.
local function on_answer(headers)
  if headers:get("access-control-allow-methods") == nil then return end
  headers:replace(":status", "204")
  headers:add("vary", "Origin")
end

function envoy_on_response(handle)
  local headers, route = handle:headers(), handle:metadata()
  local kind = route:get("kind")
  if kind == "rpc" or kind == "no-rpc" then return on_rpc_answer(headers) end
  if kind == "answer" then return on_answer(headers) end
  if kind ~= nil then on_rest(handle, headers, kind, route:get("raw")) end
end
