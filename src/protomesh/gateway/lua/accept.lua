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
