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
