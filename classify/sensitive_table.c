/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sensitive_words.h"

/*
 * Our own compilation, of 2026-11. A word is here because a text that has it usually speaks of
 * the class; words that technique uses for itself (fingerprint, location, stroke) are left out
 * or stand in a phrase only.
 */

const char sensitive_date[] = "2026-11";

/* clang-format off */
const struct sensitive_list sensitive_lists[] = {
    {SENSITIVE_HEALTH, false,
     "abortion|miscarriage|pregnant|pregnancy|pregnancy test|ivf|infertility|fertility clinic|"
     "contraception|contraceptive|birth control|morning after pill|menopause|hiv|hiv test|"
     "std test|sti test|syphilis|gonorrhea|gonorrhoea|chlamydia|herpes|hepatitis|hpv|cancer|"
     "leukemia|leukaemia|lymphoma|melanoma|tumor|tumour|chemotherapy|radiotherapy|oncology|"
     "oncologist|diabetes|diabetic|insulin|hypertension|blood pressure|heart disease|"
     "heart attack|stroke symptoms|dementia|alzheimer|alzheimers|parkinson|parkinsons|epilepsy|"
     "multiple sclerosis|asthma|arthritis|lupus|psoriasis|eczema|vitiligo|tuberculosis|malaria|"
     "covid|covid 19|depression|antidepressant|anxiety disorder|panic attack|bipolar disorder|"
     "schizophrenia|psychosis|ptsd|adhd|autism|autistic|anorexia|bulimia|eating disorder|"
     "self harm|suicide|suicidal|psychiatrist|psychiatry|psychiatric|psychotherapy|"
     "psychotherapist|mental health|mental illness|insomnia|alcoholism|alcoholic|"
     "drug addiction|rehab|rehab clinic|opioid|methadone|overdose|obesity|obese|weight loss|"
     "lose weight|losing weight|slimming|diet pill|liposuction|breast augmentation|"
     "breast implant|breast enlargement|plastic surgery|cosmetic surgery|viagra|"
     "erectile dysfunction|impotence|hemorrhoid|haemorrhoid|incontinence|dialysis|"
     "kidney transplant|organ transplant|hair loss|prescription|prescription drug|medication|"
     "antibiotic|symptom|diagnosis|medical record|medical history|health record|health insurance|"
     "hospital|hospital appointment|clinic|doctor appointment|vaccination|gynecologist|"
     "gynaecologist|urologist|dermatologist|oncology clinic|surgery|chronic illness|"
     "chronic pain|allergy|allergies|blood test|sick leave"},
    {SENSITIVE_HEALTH, true,
     "减肥|減肥|瘦身|减脂|减重|抽脂|肥胖|隆胸|丰胸|豐胸|整形|整容|双眼皮手术|人工流产|人流|无痛人流|"
     "堕胎|墮胎|流产|怀孕|懷孕|孕妇|孕期|验孕|备孕|不孕|不育|试管婴儿|避孕|避孕药|紧急避孕|结扎|"
     "月经不调|痛经|更年期|妇科|男科|阳痿|早泄|勃起功能|前列腺|包皮手术|性病|梅毒|淋病|尖锐湿疣|疱疹|"
     "艾滋|艾滋病|愛滋|乙肝|丙肝|肝炎|肝硬化|癌症|肺癌|胃癌|肝癌|肠癌|乳腺癌|宫颈癌|抗癌|癌变|肿瘤|"
     "腫瘤|白血病|化疗|放疗|糖尿病|胰岛素|高血压|高血壓|高血脂|心脏病|心臟病|冠心病|心肌梗|脑梗|中风|"
     "痛风|肾病|尿毒症|透析|哮喘|肺结核|肺炎|新冠|核酸检测|确诊|痔疮|便秘|脱发|植发|银屑病|牛皮癣|"
     "白癜风|湿疹|癫痫|帕金森|老年痴呆|阿尔茨海默|抑郁|抑郁症|憂鬱症|焦虑症|精神病|精神科|精神分裂|"
     "双相情感障碍|强迫症|自闭症|孤独症|多动症|厌食症|心理咨询|心理治疗|心理医生|失眠|自杀|自殺|自残|"
     "戒毒|戒酒|酗酒|病历|病歷|诊断|診斷|处方|處方|挂号|住院|医院|醫院|门诊|手术|手術|体检报告|"
     "体检|医保|疫苗|疫苗接种|过敏史|传染病|慢性病|治疗|用药|药品|吃什么药|症状|症狀|偏方|中药调理"},
    {SENSITIVE_RELIGION, false,
     "religious belief|religious|christian|christianity|catholic|catholicism|protestant|baptist|"
     "evangelical|mormon|jehovah|jehovahs witness|bible|bible study|gospel|church|rosary|"
     "mosque|muslim|islam|islamic|quran|koran|ramadan|halal|hajj|prayer time|judaism|jewish|"
     "synagogue|torah|kosher|shabbat|sabbath|buddhism|buddhist|hinduism|hindu|sikh|sikhism|"
     "taoism|daoism|atheism|atheist|scientology|baptism|confirmation class"},
    {SENSITIVE_RELIGION, true,
     "宗教|宗教信仰|佛教|佛经|念佛|寺庙|基督教|基督徒|天主教|圣经|聖經|福音|教堂|做礼拜|伊斯兰|伊斯蘭|"
     "穆斯林|清真|清真寺|古兰经|斋月|朝觐|道教|道观|犹太教|印度教|锡克教|信教|受洗|皈依|祷告|禱告"},
    {SENSITIVE_SEXUALITY, false,
     "gay|lesbian|bisexual|homosexual|homosexuality|transgender|transsexual|lgbt|lgbtq|queer|"
     "gender dysphoria|gender reassignment|sexual orientation|porn|pornography|pornhub|erotic|"
     "escort service|sex toy|sex life|sexual health|sex therapy|fetish|bdsm|gay dating|grindr|"
     "hookup|swinger|one night stand"},
    {SENSITIVE_SEXUALITY, true,
     "同性恋|同性戀|双性恋|雙性戀|异性恋|跨性别|跨性別|变性人|变性手术|性取向|性别认同|出柜|出櫃|"
     "性生活|性爱|性愛|性伴侣|性功能|色情|情趣用品|约炮|一夜情|援交|招嫖|成人用品|同志交友"},
    {SENSITIVE_FINANCE, false,
     "bank account|bank card|credit card|debit card|card number|iban|credit score|credit report|"
     "credit history|credit check|payday loan|personal loan|student loan|car loan|loan|mortgage|"
     "refinance|debt|debt relief|debt consolidation|bankruptcy|bankrupt|foreclosure|insolvency|"
     "tax return|income tax|salary|payslip|pension|brokerage account|trading account|"
     "welfare benefit|unemployment benefit|food stamp|net worth|overdraft|pawn shop"},
    {SENSITIVE_FINANCE, true,
     "银行卡|銀行卡|信用卡|储蓄卡|借记卡|银行账户|银行账号|银行帐号|开户行|征信|徵信|信用记录|信用报告|"
     "贷款|貸款|网贷|借款|借贷|小额贷|房贷|车贷|花呗|借呗|逾期还款|贷款逾期|欠款|欠债|负债|催收|破产|"
     "破產|工资|薪资|工资条|收入证明|存款|理财|基金账户|证券账户|股票账户|炒股|公积金|社保|个税|"
     "个人所得税|纳税记录|套现|高利贷|当铺"},
    {SENSITIVE_MINORS, false,
     "kindergarten|preschool|nursery school|primary school|elementary school|first grader|"
     "child custody|parental control|kids account|child account|coppa|under 13|under 14|toddler|"
     "newborn|pediatric|paediatric|pediatrician|paediatrician|child protection|school report"},
    {SENSITIVE_MINORS, true,
     "未成年|未成年人|不满十四周岁|十四周岁以下|儿童|兒童|幼儿|幼儿园|幼兒園|婴儿|嬰兒|新生儿|宝宝|"
     "小学生|小学一年级|小学入学|小升初|青少年模式|监护人|母婴|早教|儿科|奶粉"},
    {SENSITIVE_LOCATION, false,
     "whereabouts|gps track|location history|travel history|itinerary|boarding pass|"
     "hotel reservation|hotel booking|home address|live location"},
    {SENSITIVE_LOCATION, true,
     "行踪|行蹤|行踪轨迹|行程轨迹|行程码|行程卡|活动轨迹|定位轨迹|运动轨迹|出行记录|住宿记录|开房记录|"
     "酒店入住|航班行程|家庭住址|家庭地址|现住址|实时位置|精准定位"},
    {SENSITIVE_POLITICS, false,
     "political party|political opinion|communist party|republican party|democratic party|"
     "labour party|conservative party|green party|party member|trade union|labor union|"
     "labour union|union member|voter registration|voting record|dissident|demonstration march|"
     "protest march|political asylum|left wing|right wing"},
    {SENSITIVE_POLITICS, true,
     "政治面貌|政治观点|中共党员|党员|入党|民主党派|共青团员|工会会员|上访|信访|维权|維權|游行|示威|"
     "抗议|抗議|罢工|罷工|异见人士"},
    {SENSITIVE_BIOMETRIC, false,
     "face recognition|facial recognition|face scan|faceprint|fingerprint scan|voiceprint|"
     "iris scan|retina scan|palm print|dna test|genetic test|genetic testing|genome|paternity test|"
     "biometric|biometrics|gait recognition"},
    {SENSITIVE_BIOMETRIC, true,
     "生物识别|人脸识别|人脸信息|刷脸|指纹识别|指纹信息|声纹|聲紋|掌纹|虹膜|基因检测|基因信息|步态识别|"
     "亲子鉴定"},
    {SENSITIVE_IDENTITY, false,
     "disabled person|disability|disability benefit|disability card|criminal record|sex offender|"
     "convicted|parole|probation officer|refugee|asylum seeker|immigration status|sex worker|"
     "social security number|passport number|national id|identity card number|ethnic origin|"
     "ethnicity|racial origin"},
    {SENSITIVE_IDENTITY, true,
     "残疾人|残疾证|殘疾人|低保户|低保|犯罪记录|前科|刑满释放|服刑|社区矫正|吸毒|身份证号|身份证号码|"
     "身份證號|护照号|护照号码|军官证|难民|失信被执行人|老赖"},
    {SENSITIVE_BLOCK, true,
     "仿佛|人流量|女性生活|男性生活|个性生活|男性爱|女性爱|个性爱好|故障诊断|网络诊断|系统诊断|网络医院|"
     "流产业|开发行程|不孕育|可靠性爱"},
};
/* clang-format on */

const size_t sensitive_list_count = sizeof(sensitive_lists) / sizeof(*sensitive_lists);
