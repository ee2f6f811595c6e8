/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/verdict_table.h"

#include <stddef.h>

#include "classify/trace.h"

/* clang-format off */
const struct verdict_sentence verdict_sentences[] = {
    /* A digest of what was searched for or read, or of a place, is that content, not a key. */
    {CLASS_SEARCH, READING_BROAD, VERDICT_IDENTIFIABLE, "U11",
     "The recipient's answer made use of what was searched for or read, so it was tied to "
     "who sent it.",
     "接收方的响应使用了搜索或者浏览的内容，可见其已与发送者相连。"},
    {CLASS_CONTENT, READING_BROAD, VERDICT_IDENTIFIABLE, "U11",
     "The recipient's answer made use of what was searched for or read, so it was tied to "
     "who sent it.",
     "接收方的响应使用了搜索或者浏览的内容，可见其已与发送者相连。"},
    {VERDICT_ANY, READING_ALONE, VERDICT_UNDETERMINED, "U4",
     "It is a digest of a value the person named: read by itself it names nobody, but it "
     "is de-identified only, not anonymous, since comparing undoes it.",
     "它是本人所声明的某个值的摘要：单独看不指名任何人，但只是去标识化而非匿名，比对即可"
     "还原。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_IDENTIFIABLE, "U4",
     "It is a digest of a value the person named; whoever holds a list of such values "
     "can undo it by comparing: de-identified, not anonymous.",
     "它是本人所声明的某个值的摘要；持有同类值清单者可通过比对还原：属于去标识化，并非匿"
     "名。"},
    {VERDICT_ANY, READING_BROAD, VERDICT_IDENTIFIABLE, "U4",
     "It is a digest of a value of one person, the same wherever that value is digested, "
     "and relates to that person.",
     "它是某个人的值的摘要，凡对该值取摘要处均相同，与该人有关。"},
    {VERDICT_ANY, VERDICT_ANY, VERDICT_ANONYMOUS, "D5",
     "It counts many users together and has no key of one.",
     "它是多个用户的汇总计数，不含单个用户的标识。"},
    {VERDICT_ANY, VERDICT_ANY, VERDICT_ANONYMOUS, "D1",
     "It was the same in every profile that was compared, so it tells users apart in "
     "no way.",
     "在所比较的各个配置中它都相同，不能区分用户。"},
    {CLASS_DIRECT, READING_ALONE, VERDICT_IDENTIFIABLE, NULL,
     "It names or directly addresses a person: a name, phone number, e-mail address "
     "or identity number.",
     "它直接指名或者可直接联系到个人：姓名、电话号码、电子邮箱或者身份证件号码。"},
    {CLASS_DIRECT, VERDICT_ANY, VERDICT_IDENTIFIABLE, NULL,
     "It is a direct identifier of a person and relates to that person.",
     "它是个人的直接标识，与该个人有关。"},
    {CLASS_ACCOUNT, READING_ALONE, VERDICT_UNDETERMINED, NULL,
     "It is the key of an account; whether it names the person depends on whether the "
     "profile is public, which the capture does not show.",
     "它是账号标识；能否单独指名取决于账号资料是否公开，抓包无法显示。"},
    {CLASS_ACCOUNT, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "The recipient that runs the account can tie this key to the person who "
     "registered it.",
     "运营该账号的接收方可以凭此标识对应到注册该账号的人。"},
    {CLASS_ACCOUNT, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It stands for one registered user, so what comes with it relates to that person.",
     "它代表一个注册用户，与其一同发送的信息即与该人有关。"},
    {CLASS_DEVICE, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A device number by itself carries no name of a natural person.",
     "设备标识本身不含自然人的姓名。"},
    {CLASS_DEVICE, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "The case shows nothing that ties this device to a person; what operators or the "
     "recipient hold cannot be seen from here.",
     "案卷中没有显示将该设备与个人相连的信息；运营商或者接收方掌握什么，从此处看不到。"},
    {CLASS_DEVICE, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It singles out one device, which is what the standards list as an example of "
     "personal information.",
     "它指向唯一的设备，相关标准将其列为个人信息示例。"},
    {CLASS_BROWSER_IDENTIFIER, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "By itself it marks a browser and carries no name of a natural person; so read "
     "in Zhu Ye v. Baidu, second instance. What its recipient knows besides is not "
     "judged here.",
     "它本身标记的是浏览器，不含自然人的姓名；朱烨诉百度案二审作此理解。接收方另外知道"
     "什么，不在此判断。"},
    {CLASS_SESSION, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "By itself it marks a browser and carries no name of a natural person; so read "
     "in Zhu Ye v. Baidu, second instance. What its recipient knows besides is not "
     "judged here.",
     "它本身标记的是浏览器，不含自然人的姓名；朱烨诉百度案二审作此理解。接收方另外知道"
     "什么，不在此判断。"},
    {CLASS_CREDENTIAL, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A log-in secret by itself carries no name of a natural person.",
     "登录凭证本身不含自然人的姓名。"},
    {CLASS_SEARCH, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "What was searched for or read carries by itself no name of the person who did; "
     "so read in Zhu Ye v. Baidu, second instance.",
     "搜索或者浏览的内容本身不含行为人的姓名；朱烨诉百度案二审作此理解。"},
    {CLASS_CONTENT, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "What was searched for or read carries by itself no name of the person who did; "
     "so read in Zhu Ye v. Baidu, second instance.",
     "搜索或者浏览的内容本身不含行为人的姓名；朱烨诉百度案二审作此理解。"},
    {CLASS_CONTENT, READING_ALONE, VERDICT_UNDETERMINED, NULL,
     "It is text that was typed or sent; whether it names a person depends on what it "
     "says.",
     "这是输入或者发送的文字；是否指名个人取决于其内容。"},
    {CLASS_CONSENT_STRING, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A record of consent choices by itself carries no name of a natural person.",
     "同意记录本身不含自然人的姓名。"},
    {CLASS_LOCATION, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A place by itself carries no name of a natural person.",
     "位置本身不含自然人的姓名。"},
    {CLASS_SEARCH, READING_COMBINED, VERDICT_ANONYMOUS, NULL,
     "Nothing that can be an identifier travelled with it, and its recipient got none in "
     "this case; the sender's IP address is judged apart.",
     "没有可能作为标识的内容与它一同发送，案卷中其接收方也未收到标识；发送方 IP 地址另行"
     "判断。"},
    {CLASS_SEARCH, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It travelled with an identifier that this case ties to an account or to a "
     "direct identifier.",
     "它与一个标识一同发送，而案卷显示该标识与账号或者直接标识相连。"},
    {CLASS_SEARCH, READING_COMBINED, VERDICT_UNDETERMINED, "U9",
     "It travelled with an identifier; nothing in this case ties that identifier to a "
     "named person.",
     "它与一个标识一同发送；案卷中没有将该标识与具名个人相连的信息。"},
    {CLASS_SEARCH, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "No identifier travelled with it in the requests that were seen; what the "
     "recipient can add cannot be seen from here.",
     "在所见请求中没有标识与它一同发送；接收方能补充什么，从此处看不到。"},
    {CLASS_SEARCH, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It reflects what one person searched for or read, and travelled with an "
     "identifier that singles out that person's browser.",
     "它反映某人搜索或者浏览了什么，并与能单独指向其浏览器的标识一同发送。"},
    {CLASS_SEARCH, READING_BROAD, VERDICT_UNDETERMINED, NULL,
     "No identifier travelled with it; the sender's IP address always does, and "
     "whether that suffices depends on what the recipient can find out.",
     "没有标识与它一同发送；但发送方 IP 地址总是随行，是否足以识别取决于接收方能够查明"
     "什么。"},
    {CLASS_CONTENT, READING_COMBINED, VERDICT_ANONYMOUS, NULL,
     "Nothing that can be an identifier travelled with it, and its recipient got none in "
     "this case; the sender's IP address is judged apart.",
     "没有可能作为标识的内容与它一同发送，案卷中其接收方也未收到标识；发送方 IP 地址另行"
     "判断。"},
    {CLASS_CONTENT, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It travelled with an identifier that this case ties to an account or to a "
     "direct identifier.",
     "它与一个标识一同发送，而案卷显示该标识与账号或者直接标识相连。"},
    {CLASS_CONTENT, READING_COMBINED, VERDICT_UNDETERMINED, "U9",
     "It travelled with an identifier; nothing in this case ties that identifier to a "
     "named person.",
     "它与一个标识一同发送；案卷中没有将该标识与具名个人相连的信息。"},
    {CLASS_CONTENT, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "No identifier travelled with it in the requests that were seen; what the "
     "recipient can add cannot be seen from here.",
     "在所见请求中没有标识与它一同发送；接收方能补充什么，从此处看不到。"},
    {CLASS_CONTENT, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It reflects what one person searched for or read, and travelled with an "
     "identifier that singles out that person's browser.",
     "它反映某人搜索或者浏览了什么，并与能单独指向其浏览器的标识一同发送。"},
    {CLASS_CONTENT, READING_BROAD, VERDICT_UNDETERMINED, NULL,
     "No identifier travelled with it; the sender's IP address always does, and "
     "whether that suffices depends on what the recipient can find out.",
     "没有标识与它一同发送；但发送方 IP 地址总是随行，是否足以识别取决于接收方能够查明"
     "什么。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_IDENTIFIABLE, "U1",
     "A request carried it together with a direct identifier, so the recipient can "
     "join the two.",
     "同一请求中它与直接标识一同发送，接收方可以将二者相连。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_IDENTIFIABLE, "U2",
     "The same recipient also got this value together with an account or a direct "
     "identifier.",
     "同一接收方还收到了此值与账号或者直接标识的组合。"},
    {CLASS_CREDENTIAL, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It is a log-in of a known kind: the recipient that issued it knows which "
     "account it opens.",
     "它是已知类型的登录凭证：签发它的接收方知道它对应哪个账号。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_IDENTIFIABLE, "U3",
     "The same value reached two organisations, which lets them join what each of "
     "them knows.",
     "同一个值到达了两个组织，使其能够将各自掌握的信息相连。"},
    {CLASS_SESSION, READING_COMBINED, VERDICT_ANONYMOUS, "D2",
     "It ends with the session, was sent from the pages of one site only, and nothing "
     "in this case ties it to a person.",
     "它随会话结束，只从一个网站的页面发送，案卷中没有将其与个人相连的信息。"},
    {CLASS_BROWSER_IDENTIFIER, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "Nothing in this case ties it to a person; what the recipient holds besides "
     "cannot be seen from here.",
     "案卷中没有将其与个人相连的信息；接收方另外掌握什么，从此处看不到。"},
    {CLASS_SESSION, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "Nothing in this case ties it to a person, but not all that would lower it could "
     "be seen.",
     "案卷中没有将其与个人相连的信息，但可以降低其识别性的事实未能全部看到。"},
    {CLASS_CREDENTIAL, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "It looks like a log-in secret; which account it opens, if any, the case does "
     "not show.",
     "它看起来是登录凭证；它对应哪个账号、是否对应账号，案卷没有显示。"},
    {CLASS_CONSENT_STRING, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It travelled with an identifier that this case ties to an account or to a "
     "direct identifier.",
     "它与一个标识一同发送，而案卷显示该标识与账号或者直接标识相连。"},
    {CLASS_CONSENT_STRING, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "It travels with the sender's IP address; who stands behind that address the "
     "case does not show.",
     "它与发送方 IP 地址一同发送；该地址背后是谁，案卷没有显示。"},
    {CLASS_CONSENT_STRING, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "With the IP address it came from, a consent record can single out a user; so "
     "read in IAB Europe, C-604/22.",
     "结合来源 IP 地址，同意记录可以单独指向用户；欧盟法院 C-604/22 案作此理解。"},
    {CLASS_LOCATION, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It is precise, or travelled with an identifier that this case ties to a person.",
     "它是精确位置，或者与案卷显示已与个人相连的标识一同发送。"},
    {CLASS_LOCATION, READING_COMBINED, VERDICT_UNDETERMINED, NULL,
     "It is coarse, and nothing in this case ties it to a person.",
     "它是粗略位置，案卷中没有将其与个人相连的信息。"},
    {CLASS_LOCATION, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It says where a person was, and is precise or travelled with an identifier.",
     "它说明某人所在之处，且为精确位置或者与标识一同发送。"},
    {CLASS_LOCATION, READING_BROAD, VERDICT_UNDETERMINED, NULL,
     "It is coarse and travelled without an identifier.",
     "它是粗略位置，未与标识一同发送。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_IDENTIFIABLE, "U8",
     "It singles out one browser, and came back after cookies were cleared.",
     "它单独指向一个浏览器，并在清除 cookie 之后再次出现。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_IDENTIFIABLE, "U6",
     "It singles out one browser: another profile that was compared has another value.",
     "它单独指向一个浏览器：所比较的另一配置有不同的值。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_IDENTIFIABLE, "U7",
     "It singles out one browser, and its recipient got it from the pages of two or "
     "more sites.",
     "它单独指向一个浏览器，接收方从两个以上网站的页面收到它。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_IDENTIFIABLE, "U5-lifetime",
     "It singles out one browser and is set to last for 30 days or more.",
     "它单独指向一个浏览器，并设定保存三十天以上。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_IDENTIFIABLE, "U9",
     "It singles out one browser and travelled with what was read or searched for.",
     "它单独指向一个浏览器，并与浏览或者搜索的内容一同发送。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It is long or particular enough to single out one browser.",
     "其长度或者形式足以单独指向一个浏览器。"},
    {CLASS_SESSION, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It singles out one browser for as long as the session lasts.",
     "在会话持续期间，它单独指向一个浏览器。"},
    {CLASS_CREDENTIAL, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It is held by one user only, so what comes with it relates to that user.",
     "它仅由一个用户持有，与其一同发送的信息即与该用户有关。"},
    {CLASS_BROWSER_IDENTIFIER, READING_BROAD, VERDICT_UNDETERMINED, NULL,
     "It is too short to single out one browser by itself.",
     "其长度不足以单独指向一个浏览器。"},
    {CLASS_SESSION, READING_BROAD, VERDICT_UNDETERMINED, NULL,
     "It is too short to single out one browser by itself.",
     "其长度不足以单独指向一个浏览器。"},
    {CLASS_CREDENTIAL, READING_BROAD, VERDICT_UNDETERMINED, NULL,
     "It is too short to single out one browser by itself.",
     "其长度不足以单独指向一个浏览器。"},
    {VERDICT_ANY, READING_ALONE, VERDICT_ANONYMOUS, "D3",
     "It is a single attribute with few possible values and names nobody.",
     "它是取值很少的单一属性，不指名任何人。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_ANONYMOUS, "D3",
     "It is a single attribute with few possible values, and no identifier travelled "
     "with it.",
     "它是取值很少的单一属性，没有标识与它一同发送。"},
    {VERDICT_ANY, READING_BROAD, VERDICT_ANONYMOUS, "D3",
     "It is a single attribute with few possible values, with no identifier and few "
     "other attributes beside it. The sender's IP address is judged apart.",
     "它是取值很少的单一属性，一同发送的没有标识，其他属性也很少。发送方 IP 地址另行判"
     "断。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_UNDETERMINED, "D3",
     "It tells little by itself, but an identifier travelled with it.",
     "它本身信息很少，但有标识与它一同发送。"},
    {VERDICT_ANY, READING_BROAD, VERDICT_UNDETERMINED, "D3",
     "It tells little by itself, but it travelled with an identifier or with other "
     "attributes that may single out together, or it is a choice of the person.",
     "它本身信息很少，但与标识或者合起来可能指向个体的其他属性一同发送，或者它是本人的"
     "选择。"},
    {CLASS_UNKNOWN, READING_BROAD, VERDICT_IDENTIFIABLE, "U8",
     "It came back after it was cleared, and is long enough to single out one browser.",
     "清除之后它再次出现，且其长度足以单独指向一个浏览器。"},
    {CLASS_UNKNOWN, READING_BROAD, VERDICT_IDENTIFIABLE, "U6",
     "It stays in one profile and differs in another, as identifiers do.",
     "它在一个配置中保持不变，在另一个配置中不同，与标识的表现相同。"},
    {VERDICT_ANY, READING_ALONE, VERDICT_ANONYMOUS, "D4",
     "It is a shortened network address and names nobody.",
     "它是经截断的网络地址，不指名任何人。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_UNDETERMINED, "D4",
     "It is shortened or coarse, and nothing in this case ties it to a person.",
     "它经过截断或者粗略化，案卷中没有将其与个人相连的信息。"},
    {VERDICT_ANY, READING_COMBINED, VERDICT_IDENTIFIABLE, "D4",
     "It is shortened or coarse, but travelled with an identifier that this case ties to a "
     "person.",
     "它经过截断或者粗略化，但与案卷显示已与个人相连的标识一同发送。"},
    {VERDICT_ANY, READING_BROAD, VERDICT_IDENTIFIABLE, "D4",
     "It is shortened or coarse, but travelled with an identifier.",
     "它经过截断或者粗略化，但与标识一同发送。"},
    {VERDICT_ANY, READING_BROAD, VERDICT_UNDETERMINED, "D4",
     "It is shortened or coarse and travelled without an identifier.",
     "它经过截断或者粗略化，未与标识一同发送。"},
    {CLASS_UNKNOWN, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A network address by itself carries no name of a natural person.",
     "网络地址本身不含自然人的姓名。"},
    {CLASS_UNKNOWN, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It is a network address in full: who may ask the access provider can have its holder "
     "named (Breyer, C-582/14).",
     "它是完整的网络地址：有权向接入服务商查询者可以查明其使用人（欧盟法院 C-582/14 案）。"},
    {CLASS_UNKNOWN, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It is the network address of one connection's holder and relates to that holder.",
     "它是某一接入用户的网络地址，与该用户有关。"},
    {CLASS_TECHNICAL, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A network address by itself carries no name of a natural person.",
     "网络地址本身不含自然人的姓名。"},
    {CLASS_TECHNICAL, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It is a network address in full: who may ask the access provider can have its holder "
     "named (Breyer, C-582/14).",
     "它是完整的网络地址：有权向接入服务商查询者可以查明其使用人（欧盟法院 C-582/14 案）。"},
    {CLASS_TECHNICAL, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It is the network address of one connection's holder and relates to that holder.",
     "它是某一接入用户的网络地址，与该用户有关。"},
    {CLASS_PREFERENCE, READING_ALONE, VERDICT_ANONYMOUS, NULL,
     "A network address by itself carries no name of a natural person.",
     "网络地址本身不含自然人的姓名。"},
    {CLASS_PREFERENCE, READING_COMBINED, VERDICT_IDENTIFIABLE, NULL,
     "It is a network address in full: who may ask the access provider can have its holder "
     "named (Breyer, C-582/14).",
     "它是完整的网络地址：有权向接入服务商查询者可以查明其使用人（欧盟法院 C-582/14 案）。"},
    {CLASS_PREFERENCE, READING_BROAD, VERDICT_IDENTIFIABLE, NULL,
     "It is the network address of one connection's holder and relates to that holder.",
     "它是某一接入用户的网络地址，与该用户有关。"},
    {CLASS_UNKNOWN, VERDICT_ANY, VERDICT_UNDETERMINED, NULL,
     "What this value is for could not be established.",
     "未能确定该值的用途。"},
    {CLASS_TECHNICAL, VERDICT_ANY, VERDICT_UNDETERMINED, NULL,
     "It serves the technique of the page; one capture does not show whether other "
     "users send the same.",
     "它服务于页面技术；单次抓包无法显示其他用户是否发送相同的值。"},
    {CLASS_PREFERENCE, VERDICT_ANY, VERDICT_UNDETERMINED, NULL,
     "It keeps a setting; one capture does not show whether it tells users apart.",
     "它保存一项设置；单次抓包无法显示它能否区分用户。"},
    {VERDICT_ANY, VERDICT_ANY, VERDICT_UNDETERMINED, NULL,
     "No rule that was valid at the time of the capture gives an answer on what was "
     "seen.",
     "就所见事实，抓包时有效的规则均未给出答案。"},
    {VERDICT_ANY, VERDICT_ANY, VERDICT_ANY, NULL,
     "The facts and grounds beside it carry this verdict.",
     "本结论依据所列事实和规则。"},
};

const struct verdict_fact_sentence verdict_fact_sentences[] = {
    {"U1",
     "One of its requests also carried a direct identifier (name, phone, e-mail, "
     "identity number).",
     "其某个请求还携带了直接标识（姓名、电话、电子邮箱、身份证件号码）。"},
    {"U2",
     "The same site received this value, or the identifier that travelled with it, "
     "together with an account or direct identifier.",
     "同一网站收到了此值（或者与其同行的标识）与账号或者直接标识的组合。"},
    {"U3",
     "The same value was sent to two sites whose owners are not known to belong "
     "together.",
     "同一个值被发送到两个网站，其运营者未知属于同一集团。"},
    {"U4",
     "It equals a digest of a value the person declared.",
     "它等于本人所声明的某个值的摘要。"},
    {"U5",
     "It lasts beyond one page visit.",
     "它的存续超过一次页面访问。"},
    {"U5-lifetime",
     "It was declared to be kept for 30 days or more.",
     "它被设定保存三十天以上。"},
    {"U5-visits",
     "It was sent during two or more page visits of this capture; what came after the "
     "capture is not known.",
     "在本次抓包的两次以上页面访问中都发送了它；抓包之后的情况不明。"},
    {"U6",
     "It differs between the profile under examination and a control profile.",
     "它在被检查的配置与对照配置之间不同。"},
    {"U7",
     "The same site received it from pages of two or more sites of different groups.",
     "同一网站从不同集团的两个以上网站的页面收到了它。"},
    {"U8",
     "It came back after cookies were cleared.",
     "清除 cookie 之后它再次出现。"},
    {"U9",
     "A page address, a title or a search text travelled in the same request.",
     "同一请求中携带了页面地址、标题或者搜索词。"},
    {"U10",
     "A word in it is in a dictionary of a sensitive class; this is a label and changes no "
     "verdict.",
     "其中有词属于敏感类别的词典；这只是标注，不影响任何结论。"},
    {"U11",
     "The recipient's answer made use of it.",
     "接收方的响应使用了它。"},
    {"D1",
     "It was the same in every profile that was compared.",
     "在所比较的各个配置中它都相同。"},
    {"D2",
     "It ends with the session, was sent from one site's pages, and nothing ties it "
     "to a person; all its requests were seen whole.",
     "它随会话结束，只从一个网站的页面发送，没有将其与个人相连的信息；其全部请求均完整"
     "可见。"},
    {"D3",
     "It is a single attribute with few possible values.",
     "它是取值很少的单一属性。"},
    {"D4",
     "It is a place without its exactness, or a network address without its end.",
     "它是粗略的位置，或者截去末段的网络地址。"},
    {"D5",
     "It counts many users together.",
     "它是多个用户的汇总计数。"},
    {NULL, NULL, NULL},
};
/* clang-format on */
