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
