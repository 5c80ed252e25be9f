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
