/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/objection_table.h"

#define ALWAYS                                                                                 \
    {                                                                                          \
        {                                                                                      \
            OBJECTION_ALWAYS, NULL, NULL, 0                                                    \
        }                                                                                      \
    }
#define WHEN(test)                                                                             \
    {                                                                                          \
        {                                                                                      \
            test, NULL, NULL, 0                                                                \
        }                                                                                      \
    }
#define AND(one, other)                                                                        \
    {                                                                                          \
        {one, NULL, NULL, 0},                                                                  \
        {                                                                                      \
            other, NULL, NULL, 0                                                               \
        }                                                                                      \
    }
#define IS(fact, text)                                                                         \
    {                                                                                          \
        {                                                                                      \
            OBJECTION_IS, fact, text, 0                                                        \
        }                                                                                      \
    }
#define ONLY(fact, text)                                                                       \
    {                                                                                          \
        {                                                                                      \
            OBJECTION_ONLY, fact, text, 0                                                      \
        }                                                                                      \
    }
#define HAS(fact)                                                                              \
    {                                                                                          \
        {                                                                                      \
            OBJECTION_HAS, fact, NULL, 0                                                       \
        }                                                                                      \
    }
#define LACKS(fact)                                                                            \
    {                                                                                          \
        {                                                                                      \
            OBJECTION_LACKS, fact, NULL, 0                                                     \
        }                                                                                      \
    }
#define AT_MOST(fact, number)                                                                  \
    {                                                                                          \
        {                                                                                      \
            OBJECTION_AT_MOST, fact, NULL, number                                              \
        }                                                                                      \
    }

/* Answers that several rows share. */
#define COMPARE_EN                                                                             \
    "The same visits with a fresh profile (exhibit compare --as profiles): a value that "      \
    "differs there, and stays the same here after a restart, tells this browser."
#define COMPARE_ZH                                                                             \
    "用全新的浏览器配置重复同样的访问（exhibit compare --as "                 \
    "profiles）：在那里不同、而在这里重启"                                       \
    "后保持不变的值，即可区分本浏览器。"
#define UNSEEN_EN                                                                              \
    "A capture with all keys, from the start of the browser on, in which the same is seen "    \
    "without such gaps."
#define UNSEEN_ZH                                                                              \
    "从浏览器启动起完整抓包并保存全部密钥，在没有这类缺口的情况下再次看到同样的事实。"
#define RECORDS_EN                                                                             \
    "The recipient's own records of this value at these times, asked for by an access "        \
    "request or a production request that names both."
#define RECORDS_ZH                                                                             \
    "接收方关于该值在上述时间的记录，可通过写明该值和时间的查阅请求或者提交证据申请取得。"
#define PROCESSOR_EN                                                                           \
    "The contract between the two, the recipient's own terms for the data, and whether it "    \
    "gets the same kind of data from pages of other sites."
#define PROCESSOR_ZH                                                                           \
    "双方之间的合同、接收方自己关于此类数据的条款，以及它是否也从其他网站的页面收到同类数据。"

/* clang-format off */
const struct objection_row objection_rows[] = {
    /* ---- tracking-identifier ---- */
    {"tracking-identifier", IS("control", "equal"),
     "A fresh profile had the same value, so it may be the number of a site, a campaign or the machine, and not of this browser.",
     "全新配置中也有相同的值，它可能是网站、活动或者机器的编号，而不是本浏览器的编号。",
     "The same visits on another machine: a value that is equal there as well tells nobody, one that differs there tells the machine.",
     "在另一台机器上重复同样的访问：在那里也相同的值不能区分任何人，在那里不同的值则区分机器。"},
    {"tracking-identifier", AND(OBJECTION_FORM_ONLY, OBJECTION_UNCOMPARED),
     "The value is short: it counts as an identifier only because its form is that of a known one.",
     "该值很短：只因其形式与已知标识符相同，才被视为标识符。",
     COMPARE_EN, COMPARE_ZH},
    {"tracking-identifier", AT_MOST("times_sent", 0),
     "The browser was given the value but was not seen to send it back, so nobody knew the browser again by it in this capture.",
     "浏览器被写入该值，但未见其将该值发回，本次抓包中没有人凭此再次识别浏览器。",
     "A second visit in the same profile, in which the value is seen to go back.",
     "用同一配置再次访问，看到该值被发回。"},
    {"tracking-identifier", WHEN(OBJECTION_FIRST_PARTY),
     "A site may need a number to serve its own visitor; the capture does not show what else this one is used for.",
     "网站可能需要一个编号才能为自己的访问者提供服务；抓包没有显示该编号另有何用途。",
     "What the site's notice says of this value, whether it also goes to others, and the site's own records of its use.",
     "网站的告知对该值的说明、该值是否也发送给他人，以及网站自己的使用记录。"},
    {"tracking-identifier", WHEN(OBJECTION_UNCOMPARED),
     "Every visitor may send the same value, as with the number of a site or a campaign; one capture of one browser does not show a difference.",
     "可能每个访问者都发送相同的值，例如网站或者活动的编号；对一个浏览器的一次抓包无法显示差别。",
     COMPARE_EN, COMPARE_ZH},
    {"tracking-identifier", {{OBJECTION_THIRD_COOKIE, NULL, NULL, 0}, {OBJECTION_UNREPEATED, NULL, NULL, 0}},
     "Browsers can keep cookies of third parties apart for each site, or end them early; that this one follows to other sites or days was not seen.",
     "浏览器可以按网站分隔第三方 Cookie 或者使其提前失效；未看到它跨网站或者跨日期存续。",
     "A restart of the browser and visits to two sites that embed the recipient: the same value on both.",
     "重启浏览器后访问两个嵌入该接收方的网站：两处的值相同。"},
    {"tracking-identifier", WHEN(OBJECTION_UNREPEATED),
     "How long the value lasts is what was declared; it was seen in one visit only and may be another at the next.",
     "该值存续多久只是设定的期限；只在一次访问中见到它，下次可能不同。",
     "A restart of the browser and a second capture with the same profile.",
     "重启浏览器，用同一配置再次抓包。"},
    {"tracking-identifier", WHEN(OBJECTION_NO_PAGE),
     "Which page caused the request is not known: the browser or an extension may have sent it by itself.",
     "不知道是哪个页面引起的请求：可能是浏览器或者扩展程序自行发送。",
     "The same visit in a profile without extensions, with nothing else open.",
     "在没有扩展程序、不打开其他页面的配置中重复访问。"},
    {"tracking-identifier", ALWAYS,
     "It tells a browser and not who sits before it; what the recipient ties it to cannot be seen from here.",
     "它区分的是浏览器而不是使用者；接收方将它与什么相连，从此处看不到。",
     RECORDS_EN, RECORDS_ZH},

    /* ---- identifier-sharing ---- */
    {"identifier-sharing", IS("mechanism", "link-decoration"),
     "The parameter may number the click or the advertisement and not the person, and the person followed the link.",
     "该参数可能是点击或者广告的编号而不是个人的编号，且链接由本人点击。",
     "The same link in a fresh profile: a value that differs there; and the next requests that carry it together with other identifiers.",
     "在全新配置中打开同一链接：值不同；以及其后将它与其他标识一同携带的请求。"},
    {"identifier-sharing", IS("mechanism", "bounce"),
     "A detour may serve log-in, click counting or the choice of a server; what the site on the way did with its cookie is not seen.",
     "途经可能是为了登录、统计点击或者选择服务器；途中的网站如何使用其 Cookie 未能看到。",
     "The same way in a fresh profile, and the records of the site on the way for this identifier.",
     "在全新配置中走同样的路径，以及途中网站关于该标识的记录。"},
    {"identifier-sharing", IS("control", "equal"),
     "A fresh profile had the same value: two sites that have what all visitors have share nothing of this one.",
     "全新配置中也有相同的值：两个网站拥有所有访问者共有的值，并未共享本人的信息。",
     "The same visits on another machine, where the value differs.",
     "在另一台机器上重复访问，值不同。"},
    {"identifier-sharing", {{OBJECTION_HAS, "part", NULL, 0}, {OBJECTION_UNCOMPARED, NULL, NULL, 0}},
     "Only a part of the value was found at the other site, and parts can agree because they number a site or a time.",
     "在另一网站只发现该值的一部分，而各部分可能因为是网站编号或者时间而相同。",
     "A fresh profile, in which the part differs at both sites and is again the same between them.",
     "用全新配置重复：该部分在两个网站均与此不同，而两者之间再次相同。"},
    {"identifier-sharing", WHEN(OBJECTION_UNCOMPARED),
     "The value may be the same for all visitors, as the key of a site is; then two sites that have it share nothing of the person.",
     "该值可能对所有访问者相同，例如网站密钥；这样两个网站都有它并不说明共享了个人的信息。",
     COMPARE_EN, COMPARE_ZH},
    {"identifier-sharing", ONLY("mechanism", "referer"),
     "The browser adds the address of the page by itself; the sender may not have meant to hand the value on.",
     "页面地址由浏览器自动附加；发送方未必有意传递该值。",
     "The Referrer-Policy of the page, which is in the capture, and other requests that carry the value in a field of their own.",
     "抓包中页面的 Referrer-Policy，以及在专门字段中携带该值的其他请求。"},
    {"identifier-sharing", IS("kept_as", "sent"),
     "Who made the value was not seen; both sites may have it from a third one.",
     "未看到该值由谁生成；两个网站可能都从第三方得到它。",
     "A capture from the first visit of a fresh profile on, in which the value is seen to be set.",
     "从全新配置的首次访问起抓包，看到该值如何被写入。"},
    {"identifier-sharing", ALWAYS,
     "Both sites may belong to one organisation, or one may work for the other; the table of owners may not know it.",
     "两个网站可能属于同一组织，或者一方受另一方委托；运营者表可能没有收录。",
     "Company registers, both sites' notices, and the contract between them.",
     "工商登记、双方网站的告知以及双方之间的合同。"},

    /* ---- first-party-cookie-exfiltration ---- */
    {"first-party-cookie-exfiltration", WHEN(OBJECTION_UNCOMPARED),
     "The cookie may hold the same value for all visitors; then sending it on says nothing of the person.",
     "该 Cookie 的值可能对所有访问者相同；这样将其发送出去并不涉及个人。",
     COMPARE_EN, COMPARE_ZH},
    {"first-party-cookie-exfiltration", HAS("part"),
     "Only a part of the cookie was sent; the part may be a time or the number of the site.",
     "只发送了该 Cookie 的一部分；该部分可能是时间或者网站编号。",
     "A fresh profile, in which the part differs in the cookie and in what is sent, and agrees between them.",
     "用全新配置重复：该部分在 Cookie 和发送内容中均与此不同，而两者之间相同。"},
    {"first-party-cookie-exfiltration", ALWAYS,
     "The recipient may measure for the site and on its order only; a value of the site's own cookie then stays within that service.",
     "接收方可能只受该网站委托为其统计；网站自身 Cookie 的值便只用于该服务。",
     PROCESSOR_EN, PROCESSOR_ZH},

    /* ---- personal-data-leak ---- */
    {"personal-data-leak", IS("partial", "yes"),
     "Only a part of the value was sent, and others may have the same part.",
     "只发送了该值的一部分，他人的值可能含有相同部分。",
     "What else went in the same requests (an identifier, a name), and a second run with another value, whose part is then sent.",
     "同一请求中另外携带的内容（标识、姓名），以及换用另一个值重复，看到相应部分被发送。"},
    {"personal-data-leak", WHEN(OBJECTION_INFERRED),
     "That it is personal is told by the name of its field and its form; no value that the person declared was found there.",
     "它属于个人数据是由字段名称和形式推断的；并未在其中找到本人声明的值。",
     "The person's own value in the subject file, and a new import that finds it in the same place.",
     "在主体文件中声明本人的值并重新导入，在同一位置找到它。"},
    {"personal-data-leak", IS("encoding", "sha256"),
     "A digest is not the value: who does not know the value cannot read it out of the digest.",
     "摘要不是该值本身：不知道该值的人无法从摘要中读出它。",
     "The digest can be computed anew from the value by anybody; the recipient's documents on matching such digests with its own users.",
     "任何人都可以由该值重新算出摘要；接收方关于将此类摘要与自身用户匹配的文件。"},
    {"personal-data-leak", IS("encoding", "md5"),
     "A digest is not the value: who does not know the value cannot read it out of the digest.",
     "摘要不是该值本身：不知道该值的人无法从摘要中读出它。",
     "All telephone numbers can be digested within minutes, so a digest of one is soon undone; the recipient's documents on matching.",
     "全部电话号码可在数分钟内算出摘要，因此其摘要很快可被还原；接收方关于匹配的文件。"},
    {"personal-data-leak", IS("encoding", "sha1"),
     "A digest is not the value: who does not know the value cannot read it out of the digest.",
     "摘要不是该值本身：不知道该值的人无法从摘要中读出它。",
     "The digest can be computed anew from the value by anybody; the recipient's documents on matching such digests with its own users.",
     "任何人都可以由该值重新算出摘要；接收方关于将此类摘要与自身用户匹配的文件。"},
    {"personal-data-leak", IS("before_first_party", "no"),
     "The person gave the value to the site before, and the recipient may be its service for log-in, delivery or payment.",
     "本人此前已将该值提供给网站，接收方可能是其登录、配送或者支付服务。",
     PROCESSOR_EN, PROCESSOR_ZH},
    {"personal-data-leak", ALWAYS,
     "That the value is the person's own is declared by that person only.",
     "该值属于本人，只有本人的声明。",
     "A paper of somebody else that has the value: a contract, a bill, an identity document.",
     "他人出具的载有该值的文件：合同、账单、身份证件。"},

    /* ---- search-term-leak ---- */
    {"search-term-leak", IS("where", "referer"),
     "The browser adds the address of the page by itself; the site may not have meant to hand the term on.",
     "页面地址由浏览器自动附加；网站未必有意传递检索词。",
     "The Referrer-Policy of the page, which is in the capture and which the site chooses, and other requests that carry the term in a field of their own.",
     "抓包中由网站设定的 Referrer-Policy，以及在专门字段中携带该词的其他请求。"},
    {"search-term-leak", WHEN(OBJECTION_INFERRED),
     "That these words are what was searched for is told by their form and the name of their field.",
     "这些词是检索词，是由形式和字段名称推断的。",
     "A second search with a rare, made-up word, which is then found in the same place.",
     "用罕见的自造词再次搜索，在同一位置找到该词。"},
    {"search-term-leak", ALWAYS,
     "The recipient may deliver the search or measure for the site on its order only, and the words alone do not say who typed them.",
     "接收方可能只受该网站委托提供搜索或者统计，且词语本身不说明由谁输入。",
     "Which identifiers travelled in the same requests, and the contract between the two.",
     "同一请求中携带了哪些标识，以及双方之间的合同。"},

    /* ---- cname-cloaking ---- */
    {"cname-cloaking", ONLY("known_by", "list"),
     "That a tracker stands behind the name is said by a list only, and lists err.",
     "该名称背后是跟踪者，仅有名单的说法，而名单会出错。",
     "Who runs the name behind it (certificate, registry, the operator's own words), and what the host was sent and set.",
     "背后名称的运营者（证书、注册信息、运营者自述），以及该主机收到和写入的内容。"},
    {"cname-cloaking", ONLY("known_by", "owner-table"),
     "That a tracker stands behind the name is told by a table of owners; the same owner may also just deliver files.",
     "该名称背后是跟踪者，由运营者表得知；同一运营者也可能只是分发文件。",
     "What the host was sent and set, and the same requests under the operator's own name on other sites.",
     "该主机收到和写入的内容，以及在其他网站以运营者自己的名称发出的相同请求。"},
    {"cname-cloaking", ALWAYS,
     "An alias is also how files are delivered for a site; DNS does not show who reads the cookies that the host is sent.",
     "别名也是为网站分发文件的常用方式；DNS 不显示由谁读取发送给该主机的 Cookie。",
     "The same answers under the operator's own name, the site's notice on this recipient, and the contract between the two.",
     "以运营者自己的名称得到相同的应答、网站对该接收方的告知，以及双方之间的合同。"},

    /* ---- fingerprinting ---- */
    {"fingerprinting", LACKS("strong"),
     "Each of the attributes also serves layout or statistics, and none of them is one that nothing but recognition needs.",
     "各项属性也用于排版或者统计，其中没有仅用于识别的属性。",
     "How many browsers share this set, and whether the recipient gives a fresh profile on this machine the same identifier.",
     "有多少浏览器具有同样的属性组合，以及接收方是否给本机的全新配置相同的标识。"},
    {"fingerprinting", ALWAYS,
     "Such attributes can serve the detection of fraud or faults; that they are put together to know the device again is not seen.",
     "此类属性可以用于识别欺诈或者故障；未看到它们被合并用于再次识别设备。",
     "A fresh profile on this machine that gets the same identifier, and another machine that gets a different one; what the notice says of the purpose.",
     "本机的全新配置得到相同的标识，而另一台机器得到不同的标识；告知对用途的说明。"},

    /* ---- input-recording ---- */
    {"input-recording", IS("how", "as-you-type"),
     "Suggestions while typing are a service that the person uses, and it needs what is typed.",
     "输入时给出建议是本人使用的服务，需要发送所输入的内容。",
     "Whether answers with suggestions came back, and the same text in a field that offers none.",
     "是否返回了建议，以及在不提供建议的字段中输入同样的文字。"},
    {"input-recording", IS("how", "session-replay"),
     "Such recordings can mask what is typed and serve the search for faults on the site's order.",
     "此类记录可以遮盖输入的内容，并受网站委托用于查找故障。",
     "A planted text, typed into the page, that is found in the recording; and the contract on its use.",
     "在页面中输入预设的文字，并在记录中找到它；以及有关其用途的合同。"},
    {"input-recording", HAS("submitted_later"),
     "The person submitted the form later with the same value, so it would have been sent anyway.",
     "本人后来以同样的值提交了表单，该值本来也会发送。",
     "The same again, without submitting: the value is sent all the same; and whether this recipient is the one the form goes to.",
     "重复一次但不提交：该值仍被发送；以及该接收方是否为表单的提交对象。"},
    {"input-recording", ALWAYS,
     "The value may have been sent to check or to complete the field, as part of what the person asked for.",
     "发送该值可能是为了校验或者补全字段，属于本人所要求的服务。",
     "Whether the answer was used in the page, and what the notice says of this recipient.",
     "页面是否使用了返回的结果，以及告知对该接收方的说明。"},

    /* ---- collection-before-consent ---- */
    {"collection-before-consent", HAS("string_says"),
     "A consent record in the requests says that consent was given: the person may have answered at an earlier visit.",
     "请求中的同意记录表明已经同意：本人可能在更早的访问中作出答复。",
     "The same visit from a fresh profile, which cannot have answered before.",
     "用全新配置重复访问，该配置此前不可能作过答复。"},
    {"collection-before-consent", HAS("unseen"),
     "Part of the traffic could not be read or has no known page: an earlier answer may stand there.",
     "部分流量无法读取或者不知属于哪个页面：其中可能有更早的答复。",
     UNSEEN_EN, UNSEEN_ZH},
    {"collection-before-consent", WHEN(OBJECTION_FIRST_PARTY),
     "The site may need the value to serve the page or to remember the answer, which asks for no consent.",
     "网站可能需要该值才能提供页面或者记住答复，这无需同意。",
     "What the notice says of this value, and whether the page works the same when it is blocked.",
     "告知对该值的说明，以及阻止该值后页面是否仍能正常使用。"},
    {"collection-before-consent", ALWAYS,
     "The times of the consent are those that the person marked, and consent is one of several grounds.",
     "同意的时间是本人标记的时间，且同意只是多种依据之一。",
     "A recording of the screen with the notice and a clock, and the ground that the notice names for this recipient.",
     "带有时钟的屏幕录像显示该通知，以及通知就该接收方所写明的依据。"},

    /* ---- collection-after-refusal ---- */
    {"collection-after-refusal", AT_MOST("seconds_after_mark", 2),
     "The request may have been under way when the person refused: the mark is made by hand.",
     "本人拒绝时请求可能已在发送途中：标记由手工作出。",
     "Later requests with the same value, and a second run with a wait of a minute behind the refusal.",
     "其后带有同一值的请求，以及在拒绝后等待一分钟再重复。"},
    {"collection-after-refusal", HAS("unseen"),
     "Part of the traffic could not be read or has no known page: a later consent may stand there.",
     "部分流量无法读取或者不知属于哪个页面：其中可能有后来的同意。",
     UNSEEN_EN, UNSEEN_ZH},
    {"collection-after-refusal", WHEN(OBJECTION_FIRST_PARTY),
     "The site may need the value to serve the page or to remember the refusal.",
     "网站可能需要该值才能提供页面或者记住拒绝。",
     "What the notice says of this value, and whether it also goes to others.",
     "告知对该值的说明，以及它是否也发送给他人。"},
    {"collection-after-refusal", ALWAYS,
     "What was refused may not have covered this recipient or this purpose.",
     "所拒绝的范围可能不包括该接收方或者该用途。",
     "The wording of the notice and of the choice, as a picture of the screen, and the recipients that it lists.",
     "通知和选项的文字（屏幕图像）及其所列的接收方。"},

    /* ---- identifier-respawn ---- */
    {"identifier-respawn", IS("came_back", "sent"),
     "The browser itself still had the value and sent it first: it may not have been cleared at all.",
     "浏览器自己仍保有该值并首先发送：它可能根本没有被清除。",
     "A list of what the browser held right behind the clearing, or the same with a profile that was thrown away.",
     "清除之后浏览器所存内容的清单，或者废弃整个配置后重复。"},
    {"identifier-respawn", ONLY("via", "unknown"),
     "The way by which the value came back was not seen; it may have been kept in a place that the clearing did not cover.",
     "未看到该值返回的途径；它可能保存在清除范围之外的地方。",
     "The same again with all site data cleared, then with a new profile on the same machine.",
     "清除全部网站数据后重复，再在同一机器上用新配置重复。"},
    {"identifier-respawn", IS("via", "etag"),
     "Browsers send an entity tag back by themselves to save traffic, and cookies alone were cleared, not the cache.",
     "浏览器会自动发回实体标签以节省流量，且只清除了 Cookie，没有清除缓存。",
     "Two fresh profiles that ask for the same file: a tag that is made for each of them is no version of the file.",
     "两个全新配置请求同一文件：为每个配置分别生成的标签不是文件的版本。"},
    {"identifier-respawn", IS("via", "last-modified"),
     "Browsers send the date of a file back by themselves to save traffic, and cookies alone were cleared, not the cache.",
     "浏览器会自动发回文件日期以节省流量，且只清除了 Cookie，没有清除缓存。",
     "Two fresh profiles that ask for the same file: a date that is made for each of them is no date of the file.",
     "两个全新配置请求同一文件：为每个配置分别生成的日期不是文件的日期。"},
    {"identifier-respawn", ALWAYS,
     "That cookies were cleared is marked by the person; how completely was not seen on the wire.",
     "清除 Cookie 由本人标记；清除是否完全，从流量中看不到。",
     "A recording of the screen while clearing, and the same again with a second value.",
     "清除时的屏幕录像，以及用另一个值重复。"},

    /* ---- erasure-not-effective ---- */
    {"erasure-not-effective", IS("cookies_cleared", "false"),
     "The browser still held the value and sent it by itself: that does not show what the recipient kept.",
     "浏览器仍保有该值并自动发送：这不说明接收方保存了什么。",
     "A capture with cookies cleared behind the request, in which the same value comes back, and the recipient's answer to an access request.",
     "提出请求后清除 Cookie 再抓包，看到同一值再次出现；以及接收方对查阅请求的答复。"},
    {"erasure-not-effective", HAS("unseen"),
     "Part of the traffic could not be read or has no known page, so how the value came back is not wholly seen.",
     "部分流量无法读取或者不知属于哪个页面，未能完整看到该值如何再次出现。",
     UNSEEN_EN, UNSEEN_ZH},
    {"erasure-not-effective", ALWAYS,
     "The time to answer the request may not have run out, or it may have gone to somebody else than this recipient.",
     "答复请求的期限可能尚未届满，或者请求未送达该接收方。",
     "Proof of when and to whom the request went, and a capture after the time to answer it.",
     "证明请求送达时间和对象的材料，以及在答复期限之后再次抓包。"},

    /* ---- personalised-response ---- */
    {"personalised-response", IS("page_has_term", "yes"),
     "The page itself has the term: the answer may follow the page and not the person.",
     "页面本身含有该词：响应可能是根据页面而不是根据个人作出。",
     "The same page with a fresh profile that never searched for it, whose answer lacks the term.",
     "用从未搜索该词的全新配置打开同一页面，其响应不含该词。"},
    {"personalised-response", IS("f1", "absent"),
     "The recipient was not seen to get the term: it may have put it into its answer for another reason.",
     "未看到接收方得到该词：其响应含有该词可能另有原因。",
     "A control run without the search, and a second run with another, rare term.",
     "不搜索的对照，以及用另一个罕见的词重复。"},
    {"personalised-response", IS("f1", "not visible"),
     "Earlier requests could not be read, so that the recipient got the term is not seen.",
     "更早的请求无法读取，因此未看到接收方得到该词。",
     UNSEEN_EN, UNSEEN_ZH},
    {"personalised-response", IS("f2", "absent"),
     "No identifier is seen in both requests: the network address, or chance, may explain the answer.",
     "两次请求中未见同一标识：可能由网络地址或者偶然所致。",
     "A control run from the same address with a fresh profile that did not search.",
     "用未搜索的全新配置从同一网络地址作对照。"},
    {"personalised-response", WHEN(OBJECTION_UNCOMPARED),
     "Others may get the same answer: an advertisement for a common thing is shown to many.",
     "他人可能得到相同的响应：常见事物的广告会展示给许多人。",
     "The same page, at the same time, with a fresh profile that did not search: its answer lacks the term; several times.",
     "在同一时间用未搜索的全新配置打开同一页面：其响应不含该词；重复多次。"},
    {"personalised-response", ALWAYS,
     "That the answer has the term shows an effect, not the inner working that led to it.",
     "响应含有该词说明结果，不说明其内部的处理过程。",
     RECORDS_EN, RECORDS_ZH},

    /* ---- location-leak ---- */
    {"location-leak", AT_MOST("decimals", 2),
     "The place is coarse: it may have been derived from the network address, which every server gets.",
     "位置粗略：可能由每个服务器都能得到的网络地址推得。",
     "The same visit through another network address: a place that stays the same does not come from it.",
     "通过另一网络地址重复访问：保持不变的位置并非由其推得。"},
    {"location-leak", IS("datum", "gcj-02"),
     "The numbers agree with the declared place only after they are converted from another datum.",
     "坐标须从另一坐标系换算后才与声明的位置一致。",
     "The conversion can be repeated by anybody; a second run at another place, whose numbers move with it.",
     "任何人都可以重复该换算；在另一地点重复，坐标随之变化。"},
    {"location-leak", IS("datum", "bd-09"),
     "The numbers agree with the declared place only after they are converted from another datum.",
     "坐标须从另一坐标系换算后才与声明的位置一致。",
     "The conversion can be repeated by anybody; a second run at another place, whose numbers move with it.",
     "任何人都可以重复该换算；在另一地点重复，坐标随之变化。"},
    {"location-leak", ALWAYS,
     "The person may have allowed the page to know the place, and the recipient may draw its map.",
     "本人可能已允许页面获取位置，接收方可能为其绘制地图。",
     "The browser's record of what was allowed to which site, and whether the page shows anything that needs the place.",
     "浏览器关于授权网站和内容的记录，以及页面是否显示需要位置的内容。"},

    /* ---- data-from-others ---- */
    {"data-from-others", HAS("earlier_requests_unseen"),
     "Requests before it could not be read: the value may have been sent in one of them.",
     "此前有请求无法读取：该值可能在其中发送过。",
     UNSEEN_EN, UNSEEN_ZH},
    {"data-from-others", IS("same_owner_was_sent", "yes"),
     "Another host of the same owner was sent the value in this capture.",
     "本次抓包中同一运营者的另一主机收到过该值。",
     "A capture in which that host is not visited before.",
     "事先不访问该主机的抓包。"},
    {"data-from-others", IS("cookies_sent", "yes"),
     "The request carried cookies: the site may know the value from an account or a form of an earlier day.",
     "请求携带了 Cookie：网站可能从账号或者更早填写的表单中得知该值。",
     "The same visit with a fresh profile that never logged in there.",
     "用从未登录该网站的全新配置重复访问。"},
    {"data-from-others", ALWAYS,
     "The site may have had the value from the person in another way or at another time.",
     "网站可能曾以其他方式或者在其他时间从本人处得到该值。",
     "The recipient's answer to an access request that asks for the source of the value.",
     "接收方对查阅请求的答复，说明该值的来源。"},
};
/* clang-format on */

const size_t objection_row_count = sizeof(objection_rows) / sizeof(*objection_rows);
