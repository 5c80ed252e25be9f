-- The edge filter. It is told by the route's metadata, written from the contract, what to do:
--   kind    "rpc": a gRPC method, "no-rpc": none; "answer": answered here;
--           "plain", "json" (the body has to be JSON), "stream", "json-stream", "head": a REST binding
--   status  of an answer, with `allow` and for gRPC `fault`, its words
--   own     path variables that no query parameter may name
--   raw     the answer's body is the service's own (google.api.HttpBody), whatever its status
-- Should this fail, Envoy goes on without it: the routes and the transcoder by themselves let nothing else through.

local TAKES_JSON = {["json"] = true, ["json-stream"] = true}
local STREAMS = {["stream"] = true, ["json-stream"] = true}

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
  local fault = rpc.fault(handle:headers())
  if fault then handle:respond({[":status"] = "400"}, fault) end
end

local function answer(handle, route)
  handle:respond({[":status"] = route:get("status"), allow = route:get("allow")}, route:get("fault") or "")
end

function envoy_on_request(handle)
  local route = handle:metadata()
  local kind = route:get("kind")
  if kind == "rpc" then return on_rpc(handle) end
  if kind == "answer" or kind == "no-rpc" then return answer(handle, route) end
  local headers = handle:headers()
  local path = headers:get(":path")
  local fault = url.is_suspect(path) and url.fault(path, route:get("own"))
  if fault then return handle:respond({[":status"] = "400"}, fault) end
  if TAKES_JSON[kind] and refuses_body(headers) then return handle:respond({[":status"] = "415"}, "") end
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

local function on_rest(handle, headers, kind, raw)
  local first = headers:get(":status")
  local is_page = raw and first == "200"
  local status = final_status(headers, first, is_page)
  local code, message = headers:get("grpc-status"), headers:get("grpc-message")
  headers:remove("grpc-status")
  headers:remove("grpc-message")
  if status >= "400" and not is_page then return explain(handle, headers, status, kind, code, message) end
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
