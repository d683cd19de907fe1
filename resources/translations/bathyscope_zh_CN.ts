<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>app::Application</name>
    <message>
        <source>The settings could not be written to %1. They hold until the program ends.</source>
        <translation>设置无法写入 %1，仅在本次运行期间有效。</translation>
    </message>
</context>
<context>
    <name>app::ChatController</name>
    <message>
        <source>The model is still loading. Please try again when it is ready.</source>
        <translation>模型仍在加载，请在加载完成后重试。</translation>
    </message>
</context>
<context>
    <name>app::CloseDialog</name>
    <message>
        <source>One reply is not saved.</source>
        <translation>有 1 条回复尚未保存。</translation>
    </message>
    <message>
        <source>%1 replies are not saved.</source>
        <translation>有 %1 条回复尚未保存。</translation>
    </message>
    <message>
        <source>What is missing of it in the history is lost when Bathyscope closes.</source>
        <translation>关闭 Bathyscope 后，历史记录中缺少的内容将会丢失。</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Close Anyway</source>
        <translation>仍然关闭</translation>
    </message>
    <message>
        <source>Keep Open</source>
        <translation>保持打开</translation>
    </message>
</context>
<context>
    <name>app::RecoveryDialog</name>
    <message>
        <source>Restore Newest Backup</source>
        <translation>恢复最新备份</translation>
    </message>
    <message>
        <source>Begin a New History</source>
        <translation>新建历史记录</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>app::StartUp</name>
    <message>
        <source>The newest backup was restored. The history that was there is kept in %1.</source>
        <translation>已恢复最新备份。原来的历史记录保存在 %1。</translation>
    </message>
    <message>
        <source>This is a new history. The one that was there is kept in %1.</source>
        <translation>这是新的历史记录。原来的历史记录保存在 %1。</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>%1 is already open; its window was raised.</source>
        <translation>%1 已经打开，其窗口已被置于前台。</translation>
    </message>
    <message>
        <source>Chat with DeepSeek models and see how they think.</source>
        <translation>与 DeepSeek 模型对话，并观察它们如何思考。</translation>
    </message>
    <message>
        <source>Model folder or GGUF file to open.</source>
        <translation>要打开的模型文件夹或 GGUF 文件。</translation>
    </message>
    <message>
        <source>Folder of the history.</source>
        <translation>历史记录所在文件夹。</translation>
    </message>
    <message>
        <source>CPU threads.</source>
        <translation>CPU 线程数。</translation>
    </message>
    <message>
        <source>Where to compute, as bathyscope-cli devices lists it.</source>
        <translation>在哪个设备上计算，名称见 bathyscope-cli devices。</translation>
    </message>
</context>
<context>
    <name>ui::AboutDialog</name>
    <message>
        <source>About Bathyscope</source>
        <translation>关于 Bathyscope</translation>
    </message>
    <message>
        <source>Version %1</source>
        <translation>版本 %1</translation>
    </message>
    <message>
        <source>A glass for looking into DeepSeek models while they think. Everything runs on this computer; nothing you write leaves it.</source>
        <translation>观察 DeepSeek 模型思考的一扇舷窗。一切都在这台电脑上运行，你写的内容不会离开它。</translation>
    </message>
    <message>
        <source>Free software under the Apache License 2.0</source>
        <translation>自由软件，采用 Apache License 2.0 许可</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ui::AppearanceSettings</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>System default</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
</context>
<context>
    <name>ui::ChatPage</name>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
</context>
<context>
    <name>ui::Commands</name>
    <message>
        <source>&amp;New Chat</source>
        <translation>新建对话(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Open Model Folder…</source>
        <translation>打开模型文件夹(&amp;O)…</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>设置(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Undo Delete</source>
        <translation>撤销删除(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>复制(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Find in Chat</source>
        <translation>在对话中查找(&amp;F)</translation>
    </message>
    <message>
        <source>Find &amp;Next</source>
        <translation>查找下一个(&amp;N)</translation>
    </message>
    <message>
        <source>Find &amp;Previous</source>
        <translation>查找上一个(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Search Conversations</source>
        <translation>搜索对话(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Send Message</source>
        <translation>发送消息(&amp;S)</translation>
    </message>
    <message>
        <source>S&amp;top Reply</source>
        <translation>停止回复(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Regenerate Reply</source>
        <translation>重新生成回复(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Edit Last Message</source>
        <translation>编辑上一条消息(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Continue Reply</source>
        <translation>继续回复(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Previous Version</source>
        <translation>上一个版本(&amp;P)</translation>
    </message>
    <message>
        <source>Ne&amp;xt Version</source>
        <translation>下一个版本(&amp;X)</translation>
    </message>
    <message>
        <source>&amp;Write a Message</source>
        <translation>撰写消息(&amp;W)</translation>
    </message>
    <message>
        <source>Rena&amp;me Conversation</source>
        <translation>重命名对话(&amp;M)</translation>
    </message>
    <message>
        <source>P&amp;in Conversation</source>
        <translation>置顶对话(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Delete Conversation</source>
        <translation>删除对话(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Sidebar</source>
        <translation>侧边栏(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Routing Strip</source>
        <translation>专家路由(&amp;R)</translation>
    </message>
    <message>
        <source>Open While &amp;Thinking</source>
        <translation>思考时展开(&amp;T)</translation>
    </message>
    <message>
        <source>Always &amp;Open</source>
        <translation>始终展开(&amp;O)</translation>
    </message>
    <message>
        <source>Always &amp;Collapsed</source>
        <translation>始终折叠(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>浅色(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>深色(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Larger</source>
        <translation>放大(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Smaller</source>
        <translation>缩小(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Normal</source>
        <translation>标准(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Next Conversation</source>
        <translation>下一个对话(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Previous Conversation</source>
        <translation>上一个对话(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Keyboard Shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;About Bathyscope</source>
        <translation>关于 Bathyscope(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Chat</source>
        <translation>对话(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Thinking</source>
        <translation>思考过程(&amp;T)</translation>
    </message>
    <message>
        <source>Th&amp;eme</source>
        <translation>主题(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>Te&amp;xt Size</source>
        <translation>文字大小(&amp;X)</translation>
    </message>
    <message>
        <source>Show Ex&amp;act Prompt</source>
        <translation>显示确切的提示词(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Models</source>
        <translation>模型(&amp;M)</translation>
    </message>
</context>
<context>
    <name>ui::Composer</name>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Open a model folder to start a chat</source>
        <translation>打开模型文件夹即可开始对话</translation>
    </message>
    <message>
        <source>Ask anything…</source>
        <translation>随便问点什么…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Stop the reply (Esc)</source>
        <translation>停止回复（Esc）</translation>
    </message>
    <message>
        <source>Send the message (Enter)</source>
        <translation>发送消息（Enter）</translation>
    </message>
    <message>
        <source>Enter sends · Shift+Enter starts a new line</source>
        <translation>Enter 发送 · Shift+Enter 换行</translation>
    </message>
    <message>
        <source>Your text is kept. Wait for the reply to end, or press Esc to stop it, then send.</source>
        <translation>文字已保留。请等回复结束，或按 Esc 停止后再发送。</translation>
    </message>
    <message>
        <source>Your text is kept. The model is still loading; send when it is ready.</source>
        <translation>文字已保留。模型仍在加载，就绪后即可发送。</translation>
    </message>
    <message>
        <source>Your text is kept. Open a model folder first (Ctrl+O).</source>
        <translation>文字已保留。请先打开模型文件夹（Ctrl+O）。</translation>
    </message>
    <message>
        <source>Think</source>
        <translation>思考</translation>
    </message>
    <message>
        <source>The model thinks before it answers</source>
        <translation>模型先思考再回答</translation>
    </message>
    <message>
        <source>The model answers without thinking</source>
        <translation>模型不思考，直接回答</translation>
    </message>
    <message>
        <source>Thoughts: %1</source>
        <translation>先前的思考：%1</translation>
    </message>
    <message>
        <source>Earlier thoughts the model sees again; its template does otherwise</source>
        <translation>模型会再次看到的先前思考；与其模板的做法不同</translation>
    </message>
</context>
<context>
    <name>ui::ContextChoice</name>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> 词元</translation>
    </message>
    <message>
        <source>Context in tokens</source>
        <translation>上下文长度（词元）</translation>
    </message>
</context>
<context>
    <name>ui::ContextGauge</name>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>%1 of %2 tokens used</source>
        <translation>已用 %1 / %2 个词元</translation>
    </message>
    <message>
        <source>Context: %1 of %2 tokens
Of the prompt, reused from the cache: %3 tokens
Memory of the KV cache: %4</source>
        <translation>上下文：已用 %1 / %2 个词元
其中复用缓存的提示词：%3 个词元
KV 缓存占用内存：%4</translation>
    </message>
    <message>
        <source>KV %1</source>
        <comment>memory of the KV cache</comment>
        <translation>KV %1</translation>
    </message>
    <message>
        <source>Capped to %1 of the model&apos;s %2 tokens because of memory</source>
        <translation>因内存不足，上下文限制为 %1 个词元（模型支持 %2 个）</translation>
    </message>
</context>
<context>
    <name>ui::ConversationDelegate</name>
    <message>
        <source>Title of the conversation</source>
        <translation>对话标题</translation>
    </message>
</context>
<context>
    <name>ui::ConversationList</name>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消置顶</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>ui::ConversationModel</name>
    <message>
        <source>This entry is damaged on disk. Its title, its date or the branch shown may be wrong.</source>
        <translation>此条目在磁盘上已损坏。其标题、日期或所显示的分支可能有误。</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>title of a conversation, heading it stands under</comment>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>已置顶</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>Previous 7 Days</source>
        <translation>过去 7 天</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>更早</translation>
    </message>
</context>
<context>
    <name>ui::ConversationSettings</name>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>思考</translation>
    </message>
    <message>
        <source>How the reasoning of the model is shown</source>
        <translation>如何显示模型的推理过程</translation>
    </message>
    <message>
        <source>Copy with thinking</source>
        <translation>复制时包含思考</translation>
    </message>
    <message>
        <source>Copied replies include the reasoning</source>
        <translation>复制回复时一并复制推理过程</translation>
    </message>
    <message>
        <source>Routing strip</source>
        <translation>专家路由</translation>
    </message>
    <message>
        <source>Show live which experts each token uses</source>
        <translation>实时显示每个词元使用的专家</translation>
    </message>
    <message>
        <source>Open while thinking</source>
        <translation>思考时展开</translation>
    </message>
    <message>
        <source>Always open</source>
        <translation>始终展开</translation>
    </message>
    <message>
        <source>Always collapsed</source>
        <translation>始终折叠</translation>
    </message>
    <message>
        <source>Earlier thoughts the model sees again</source>
        <translation>模型会再次看到的先前思考</translation>
    </message>
    <message>
        <source>Departs from the model&apos;s template: it was not trained to read a chat like this.</source>
        <translation>偏离了模型的模板：模型在训练中没有读过这样的对话。</translation>
    </message>
    <message>
        <source>The exact prompt (Ctrl+Shift+P) shows what that leaves out</source>
        <translation>在确切的提示词（Ctrl+Shift+P）中可以看到省略了什么</translation>
    </message>
</context>
<context>
    <name>ui::ErrorText</name>
    <message>
        <source>Allow writing there, then try again.</source>
        <translation>请允许写入该位置，然后重试。</translation>
    </message>
    <message>
        <source>Free some space, then try again.</source>
        <translation>请释放一些空间，然后重试。</translation>
    </message>
    <message>
        <source>Check the disk, then try again.</source>
        <translation>请检查磁盘，然后重试。</translation>
    </message>
    <message>
        <source>Please try again.</source>
        <translation>请重试。</translation>
    </message>
    <message>
        <source>Restore a backup, or begin a new history; the damaged one is kept beside it.</source>
        <translation>请恢复备份，或新建历史记录；损坏的历史记录会保留在旁边。</translation>
    </message>
    <message>
        <source>Allow writing there, then press Retry.</source>
        <translation>请允许写入该位置，然后按“重试”。</translation>
    </message>
    <message>
        <source>Free some space, then press Retry.</source>
        <translation>请释放一些空间，然后按“重试”。</translation>
    </message>
    <message>
        <source>Check the disk, then press Retry.</source>
        <translation>请检查磁盘，然后按“重试”。</translation>
    </message>
    <message>
        <source>Press Retry.</source>
        <translation>请按“重试”。</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <extracomment>a sentence that says what happened, and the next step</extracomment>
        <translation>%1%2</translation>
    </message>
    <message>
        <source>The model</source>
        <extracomment>stands in a sentence where a file name would stand</extracomment>
        <translation>模型</translation>
    </message>
    <message>
        <source>an unnamed part</source>
        <extracomment>stands in a sentence where the name of a field or tensor would stand</extracomment>
        <translation>未具名的部分</translation>
    </message>
    <message>
        <source>%1 is missing.</source>
        <translation>缺少 %1。</translation>
    </message>
    <message>
        <source>Choose a folder that holds config.json, tokenizer.json and the weights, or download the missing file again.</source>
        <translation>请选择包含 config.json、tokenizer.json 和权重的文件夹，或重新下载缺少的文件。</translation>
    </message>
    <message>
        <source>%1 cannot be read.</source>
        <translation>无法读取 %1。</translation>
    </message>
    <message>
        <source>Check that the file exists and that you may read it.</source>
        <translation>请检查文件是否存在以及你是否有读取权限。</translation>
    </message>
    <message>
        <source>%1 is shorter than its own header says; the download was probably interrupted.</source>
        <translation>%1 比其文件头声明的要短，下载可能中断了。</translation>
    </message>
    <message>
        <source>Download this file again.</source>
        <translation>请重新下载此文件。</translation>
    </message>
    <message>
        <source>%1 is damaged or not of the expected format.</source>
        <translation>%1 已损坏或格式不符。</translation>
    </message>
    <message>
        <source>%1 is damaged or not of the expected format (at %2).</source>
        <translation>%1 已损坏或格式不符（位于 %2）。</translation>
    </message>
    <message>
        <source>%1 changed on disk while it was in use.</source>
        <translation>%1 在使用过程中被改动。</translation>
    </message>
    <message>
        <source>What was written so far is kept. Open the model again.</source>
        <translation>已写出的内容均已保留。请重新打开模型。</translation>
    </message>
    <message>
        <source>%1: the value of %2 is missing or not usable.</source>
        <translation>%1：%2 的值缺失或无法使用。</translation>
    </message>
    <message>
        <source>Compare the file with the original of the model.</source>
        <translation>请与模型的原始文件比对。</translation>
    </message>
    <message>
        <source>%1: models of the kind given in %2 are not supported.</source>
        <translation>%1：不支持 %2 所给出的模型类型。</translation>
    </message>
    <message>
        <source>Choose a DeepSeek model (LLM, V2, V3, R1 or a distilled one).</source>
        <translation>请选择 DeepSeek 模型（LLM、V2、V3、R1 或蒸馏模型）。</translation>
    </message>
    <message>
        <source>%1: the setting %2 asks for something this version cannot do.</source>
        <translation>%1：设置 %2 要求此版本尚不支持的功能。</translation>
    </message>
    <message>
        <source>Choose another model, or a newer version of Bathyscope.</source>
        <translation>请换一个模型，或使用更新版本的 Bathyscope。</translation>
    </message>
    <message>
        <source>%1: the tensor %2 is missing.</source>
        <translation>%1：缺少张量 %2。</translation>
    </message>
    <message>
        <source>A part of the model is not there. Download the model again.</source>
        <translation>模型不完整。请重新下载模型。</translation>
    </message>
    <message>
        <source>%1: the tensor %2 does not belong to this model.</source>
        <translation>%1：张量 %2 不属于此模型。</translation>
    </message>
    <message>
        <source>Weights and config.json are of different models. Download the model again.</source>
        <translation>权重与 config.json 来自不同的模型。请重新下载模型。</translation>
    </message>
    <message>
        <source>%1: the tensor %2 has another shape or type than config.json says.</source>
        <translation>%1：张量 %2 的形状或类型与 config.json 不符。</translation>
    </message>
    <message>
        <source>%1: the tokenizer cannot be used because of %2.</source>
        <translation>%1：由于 %2，分词器无法使用。</translation>
    </message>
    <message>
        <source>%1: the chat template cannot be used because of %2.</source>
        <translation>%1：由于 %2，对话模板无法使用。</translation>
    </message>
    <message>
        <source>There is not enough memory.</source>
        <translation>内存不足。</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller model.</source>
        <translation>请关闭其他程序，或选择更小的模型。</translation>
    </message>
    <message>
        <source>No model is open.</source>
        <translation>没有打开任何模型。</translation>
    </message>
    <message>
        <source>Open a model folder, then try again.</source>
        <translation>请打开一个模型文件夹，然后重试。</translation>
    </message>
    <message>
        <source>The conversation cannot be sent to this model because of %1.</source>
        <translation>由于 %1，无法将此对话发送给该模型。</translation>
    </message>
    <message>
        <source>Edit the message, or start a new chat.</source>
        <translation>请编辑该消息，或新建对话。</translation>
    </message>
    <message>
        <source>The setting %1 has a value the model cannot use.</source>
        <translation>模型无法使用设置 %1 的值。</translation>
    </message>
    <message>
        <source>Open the settings and reset the sampling to recommended.</source>
        <translation>请打开设置，将采样恢复为推荐值。</translation>
    </message>
    <message>
        <source>The conversation is longer than this model can read.</source>
        <translation>对话超出了此模型能读取的长度。</translation>
    </message>
    <message>
        <source>Start a new chat, shorten the message, or open a model with a larger context.</source>
        <translation>请新建对话、缩短消息，或打开上下文更大的模型。</translation>
    </message>
    <message>
        <source>%1: the model computed a value that is not a number (%2), so the reply was stopped.</source>
        <translation>%1：模型算出了非数值（%2），回复已停止。</translation>
    </message>
    <message>
        <source>The weights are probably damaged. Download the model again.</source>
        <translation>权重可能已损坏。请重新下载模型。</translation>
    </message>
    <message>
        <source>Something went wrong inside Bathyscope.</source>
        <translation>Bathyscope 内部出错。</translation>
    </message>
    <message>
        <source>What was written so far is kept. Please try again.</source>
        <translation>已写出的内容均已保留。请重试。</translation>
    </message>
    <message>
        <source>The history %1 is already open in another window of Bathyscope.</source>
        <translation>历史记录 %1 已在另一个 Bathyscope 窗口中打开。</translation>
    </message>
    <message>
        <source>Close the other one, then press Retry.</source>
        <translation>请关闭那个窗口，然后点“重试”。</translation>
    </message>
    <message>
        <source>The history %1 was made by a newer version of Bathyscope. It was left untouched.</source>
        <translation>历史记录 %1 由更新版本的 Bathyscope 创建，未作任何改动。</translation>
    </message>
    <message>
        <source>Install the newer version to open it.</source>
        <translation>请安装更新的版本来打开它。</translation>
    </message>
    <message>
        <source>%1 is not a history of Bathyscope. It was left untouched.</source>
        <translation>%1 不是 Bathyscope 的历史记录，未作任何改动。</translation>
    </message>
    <message>
        <source>Move the file away, or start with another folder.</source>
        <translation>请移走该文件，或使用其他文件夹启动。</translation>
    </message>
    <message>
        <source>The history %1 is damaged. Nothing was overwritten.</source>
        <translation>历史记录 %1 已损坏，没有覆盖任何内容。</translation>
    </message>
    <message>
        <source>Make a copy of the file first, then restore a backup.</source>
        <translation>请先复制该文件，再恢复备份。</translation>
    </message>
    <message>
        <source>The history cannot be saved in %1: it is read-only.</source>
        <translation>无法将历史记录保存到 %1：只读。</translation>
    </message>
    <message>
        <source>Your messages are kept in memory. Allow writing there, then press Retry.</source>
        <translation>你的消息保留在内存中。请允许写入该位置，然后点“重试”。</translation>
    </message>
    <message>
        <source>The disk is full, so %1 could not be saved.</source>
        <translation>磁盘已满，无法保存 %1。</translation>
    </message>
    <message>
        <source>Your message is kept in memory; free some space, then press Retry.</source>
        <translation>你的消息保留在内存中；请腾出一些空间，然后点“重试”。</translation>
    </message>
    <message>
        <source>%1 could not be read or written.</source>
        <translation>无法读写 %1。</translation>
    </message>
    <message>
        <source>Your message is kept in memory. Check the disk, then press Retry.</source>
        <translation>你的消息保留在内存中。请检查磁盘，然后点“重试”。</translation>
    </message>
    <message>
        <source>The history %1 could not be used.</source>
        <translation>无法使用历史记录 %1。</translation>
    </message>
    <message>
        <source>Your message is kept in memory. Press Retry.</source>
        <translation>你的消息保留在内存中。请点“重试”。</translation>
    </message>
    <message>
        <source>%1 does not fit into memory with this context.</source>
        <translation>使用此上下文长度时，内存容纳不下 %1。</translation>
    </message>
    <message>
        <source>Choose a smaller context, close other programs, or choose a smaller model.</source>
        <translation>请选择更短的上下文、关闭其他程序，或选择更小的模型。</translation>
    </message>
    <message>
        <source>%1 does not fit into memory.</source>
        <translation>内存容纳不下 %1。</translation>
    </message>
    <message>
        <source>Opening %1 was cancelled.</source>
        <translation>已取消打开 %1。</translation>
    </message>
    <message>
        <source>Open it again whenever you like.</source>
        <translation>您可以随时重新打开。</translation>
    </message>
    <message>
        <source>The model cannot be opened on this device.</source>
        <translation>无法在此设备上打开模型。</translation>
    </message>
    <message>
        <source>Open it on the CPU, or choose another device among the models of this computer.</source>
        <translation>请在 CPU 上打开，或在本机模型页面选择其他设备。</translation>
    </message>
    <message>
        <source>%1 does not fit into the memory of the device any more.</source>
        <translation>%1 已无法放入该设备的内存。</translation>
    </message>
    <message>
        <source>Close other programs that use it, choose a smaller context, or open the model on the CPU.</source>
        <translation>请关闭占用该设备的其他程序、选择较小的上下文，或在 CPU 上打开模型。</translation>
    </message>
    <message>
        <source>The device %1 failed.</source>
        <translation>设备 %1 出现故障。</translation>
    </message>
    <message>
        <source>What was written so far is kept. Continue on the CPU; the device is not used again until Bathyscope is restarted.</source>
        <translation>已写出的内容已保留。可在 CPU 上继续；在重新启动 Bathyscope 之前不会再使用该设备。</translation>
    </message>
</context>
<context>
    <name>ui::FindBar</name>
    <message>
        <source>No further match</source>
        <translation>没有更多匹配</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>在此对话中查找</translation>
    </message>
    <message>
        <source>Previous match</source>
        <translation>上一处匹配</translation>
    </message>
    <message>
        <source>Next match</source>
        <translation>下一处匹配</translation>
    </message>
    <message>
        <source>Close the find bar</source>
        <translation>关闭查找栏</translation>
    </message>
</context>
<context>
    <name>ui::JumpButton</name>
    <message>
        <source>Jump to newest</source>
        <translation>跳到最新</translation>
    </message>
</context>
<context>
    <name>ui::LibraryList</name>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Show Folder</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>Remove from the List</source>
        <translation>从列表中移除</translation>
    </message>
</context>
<context>
    <name>ui::LibraryModel</name>
    <message>
        <source>Open</source>
        <translation>已打开</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>正在打开…</translation>
    </message>
    <message>
        <source>%1 — not there now</source>
        <translation>%1（当前不可用）</translation>
    </message>
    <message>
        <source>%1 — no models</source>
        <translation>%1（没有模型）</translation>
    </message>
</context>
<context>
    <name>ui::LibraryPage</name>
    <message>
        <source>Looking for models…</source>
        <translation>正在查找模型…</translation>
    </message>
    <message>
        <source>%1 cannot be opened</source>
        <translation>%1 个无法打开</translation>
    </message>
    <message>
        <source>%1 of memory available</source>
        <translation>可用内存 %1</translation>
    </message>
    <message>
        <source>No model matches the filter</source>
        <translation>没有符合筛选条件的模型</translation>
    </message>
    <message>
        <source>No models found in the folders of Hugging Face, LM Studio, Ollama, GPT4All, llama.cpp and Jan.
Add the folder in which yours are, or drop a model onto the window.</source>
        <translation>在 Hugging Face、LM Studio、Ollama、GPT4All、llama.cpp 和 Jan 的文件夹中没有找到模型。
请添加存放模型的文件夹，或将模型拖到窗口上。</translation>
    </message>
    <message>
        <source>Back to the chat</source>
        <translation>返回对话</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Filter models by name or kind</source>
        <translation>按名称或类型筛选模型</translation>
    </message>
    <message>
        <source>By name</source>
        <translation>按名称</translation>
    </message>
    <message>
        <source>By size</source>
        <translation>按大小</translation>
    </message>
    <message>
        <source>Order of the models</source>
        <translation>模型的排列顺序</translation>
    </message>
    <message>
        <source>Add Folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>重新查找</translation>
    </message>
</context>
<context>
    <name>ui::LibraryText</name>
    <message>
        <source>Included with Bathyscope</source>
        <translation>Bathyscope 自带</translation>
    </message>
    <message>
        <source>1 model</source>
        <translation>1 个模型</translation>
    </message>
    <message>
        <source>%1 models</source>
        <translation>%1 个模型</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 参数</translation>
    </message>
    <message>
        <source>%1 is missing</source>
        <translation>缺少 %1</translation>
    </message>
    <message>
        <source>%1 cannot be read</source>
        <translation>无法读取 %1</translation>
    </message>
    <message>
        <source>%1 is not complete</source>
        <translation>%1 不完整</translation>
    </message>
    <message>
        <source>%1 is damaged or of another format</source>
        <translation>%1 已损坏或格式不符</translation>
    </message>
    <message>
        <source>A value in %1 cannot be used</source>
        <translation>%1 中有无法使用的值</translation>
    </message>
    <message>
        <source>Models of this kind are not supported</source>
        <translation>不支持这类模型</translation>
    </message>
    <message>
        <source>%1 models are not supported</source>
        <translation>不支持 %1 类模型</translation>
    </message>
    <message>
        <source>Uses something this version cannot do</source>
        <translation>需要此版本不具备的功能</translation>
    </message>
    <message>
        <source>The weights do not belong to %1</source>
        <translation>权重与 %1 不匹配</translation>
    </message>
    <message>
        <source>Cannot be opened</source>
        <translation>无法打开</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>内存足够</translation>
    </message>
    <message>
        <source>Context up to %1</source>
        <translation>上下文最多 %1</translation>
    </message>
    <message>
        <source>Needs %1 more</source>
        <translation>还差 %1</translation>
    </message>
    <message>
        <source>Fits into memory</source>
        <translation>内存足够</translation>
    </message>
    <message>
        <source>Needs %1 more; up to %2 tokens of context fit</source>
        <translation>还差 %1；最多可用 %2 词元的上下文</translation>
    </message>
    <message>
        <source>Needs %1 more than there is</source>
        <translation>内存不足，还差 %1</translation>
    </message>
</context>
<context>
    <name>ui::LinkPrompt</name>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Link Not Opened</source>
        <translation>未打开链接</translation>
    </message>
    <message>
        <source>Bathyscope opens only web and mail links. This link was not opened:</source>
        <translation>Bathyscope 只打开网页和邮件链接。此链接未被打开：</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Open Link?</source>
        <translation>打开链接？</translation>
    </message>
    <message>
        <source>The reply contains a link that leads out of Bathyscope to:</source>
        <translation>回复中的链接将离开 Bathyscope，前往：</translation>
    </message>
    <message>
        <source>The address has a user name in front of the host. This is often used to deceive.</source>
        <translation>此地址在主机名前带有用户名，这常被用来欺骗。</translation>
    </message>
    <message>
        <source>Open Link</source>
        <translation>打开链接</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>ui::LoadText</name>
    <message>
        <source>Reading the headers</source>
        <translation>正在读取文件头</translation>
    </message>
    <message>
        <source>Checking the weights</source>
        <translation>正在检查权重</translation>
    </message>
    <message>
        <source>Taking the fingerprint</source>
        <translation>正在计算指纹</translation>
    </message>
    <message>
        <source>Reading the tokenizer</source>
        <translation>正在读取分词器</translation>
    </message>
    <message>
        <source>Trying the chat template</source>
        <translation>正在测试聊天模板</translation>
    </message>
    <message>
        <source>Preparing the memory</source>
        <translation>正在准备内存</translation>
    </message>
    <message>
        <source>Copying the weights to the GPU</source>
        <translation>正在把权重复制到 GPU</translation>
    </message>
    <message>
        <source>%1, %2%</source>
        <extracomment>%1 is what loading a model is busy with, %2 a number</extracomment>
        <translation>%1：%2%</translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message>
        <source>Conversation “%1” deleted</source>
        <translation>已删除对话“%1”</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Drop the folder to open this model</source>
        <translation>松开鼠标即可打开此模型</translation>
    </message>
    <message>
        <source>Menu bar</source>
        <translation>菜单栏</translation>
    </message>
    <message>
        <source>Width of the sidebar</source>
        <translation>侧边栏宽度</translation>
    </message>
    <message>
        <source>Open Model Folder…</source>
        <translation>打开模型文件夹…</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>%1 stays open.</source>
        <translation>%1 仍保持打开。</translation>
    </message>
    <message>
        <source>%1 was being opened when the program ended. It has not been opened again.</source>
        <translation>程序上次结束时正在打开 %1，因此没有再次打开它。</translation>
    </message>
    <message>
        <source>Open It Anyway</source>
        <translation>仍然打开</translation>
    </message>
    <message>
        <source>Choose Another Model</source>
        <translation>选择其他模型</translation>
    </message>
    <message>
        <source>Open the Included Model</source>
        <translation>打开自带的模型</translation>
    </message>
    <message>
        <source>Continue on the CPU</source>
        <translation>在 CPU 上继续</translation>
    </message>
    <message>
        <source>Open on the CPU</source>
        <translation>在 CPU 上打开</translation>
    </message>
    <message>
        <source>Restart Bathyscope</source>
        <translation>重新启动 Bathyscope</translation>
    </message>
</context>
<context>
    <name>ui::Markdown</name>
    <message>
        <source>[image: %1 blocked]</source>
        <translation>[图片：已阻止 %1]</translation>
    </message>
    <message>
        <source>[image: %1, %2 blocked]</source>
        <translation>[图片：%1，已阻止 %2]</translation>
    </message>
</context>
<context>
    <name>ui::MessageControls</name>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Copy message</source>
        <translation>复制消息</translation>
    </message>
    <message>
        <source>Copy reply</source>
        <translation>复制回复</translation>
    </message>
    <message>
        <source>Regenerate</source>
        <translation>重新生成</translation>
    </message>
    <message>
        <source>Edit message</source>
        <translation>编辑消息</translation>
    </message>
    <message>
        <source>Next version</source>
        <translation>下一个版本</translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation>上一个版本</translation>
    </message>
    <message>
        <source>Hide thinking</source>
        <translation>隐藏思考</translation>
    </message>
    <message>
        <source>Show thinking</source>
        <translation>显示思考</translation>
    </message>
    <message>
        <source>Copy code</source>
        <translation>复制代码</translation>
    </message>
    <message>
        <source>Link: %1</source>
        <translation>链接：%1</translation>
    </message>
    <message>
        <source>Show the exact prompt</source>
        <translation>显示确切的提示词</translation>
    </message>
    <message>
        <source>Ask for a reply</source>
        <translation>请求回复</translation>
    </message>
    <message>
        <source>Edit the system prompt</source>
        <translation>编辑系统提示词</translation>
    </message>
    <message>
        <source>Continue on the CPU</source>
        <translation>在 CPU 上继续</translation>
    </message>
</context>
<context>
    <name>ui::MessageEditor</name>
    <message>
        <source>Save and send</source>
        <translation>保存并发送</translation>
    </message>
    <message>
        <source>Edit message</source>
        <translation>编辑消息</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The text can be sent when no reply is being written</source>
        <translation>没有回复正在生成时才能发送</translation>
    </message>
</context>
<context>
    <name>ui::MessageItem</name>
    <message>
        <source>You</source>
        <translation>你</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Assistant</source>
        <translation>助手</translation>
    </message>
    <message>
        <source>%1, thinking</source>
        <translation>%1，正在思考</translation>
    </message>
    <message>
        <source>%1, reading the prompt</source>
        <translation>%1，正在读取提示词</translation>
    </message>
    <message>
        <source>%1, answering</source>
        <translation>%1，正在回答</translation>
    </message>
    <message>
        <source>%1, stopped</source>
        <translation>%1，已停止</translation>
    </message>
    <message>
        <source>%1, interrupted</source>
        <translation>%1，已中断</translation>
    </message>
    <message>
        <source>%1, failed</source>
        <translation>%1，失败</translation>
    </message>
    <message>
        <source>%1, cut short</source>
        <translation>%1，未写完</translation>
    </message>
    <message>
        <source>You stopped this reply.</source>
        <translation>你停止了这条回复。</translation>
    </message>
    <message>
        <source>Interrupted: the program was closed.</source>
        <translation>已中断：程序被关闭。</translation>
    </message>
    <message>
        <source>The reply reached its length limit.</source>
        <translation>回复已达到长度上限。</translation>
    </message>
    <message>
        <source>The model&apos;s context is full: it can read no more. Start a new conversation or shorten an earlier message.</source>
        <translation>模型的上下文已满，无法继续读取。请新建对话，或缩短之前的消息。</translation>
    </message>
    <message>
        <source>The reply failed.</source>
        <translation>回复失败。</translation>
    </message>
    <message>
        <source>This message is damaged on disk. What could be read is shown.</source>
        <translation>此消息在磁盘上已损坏，这里显示能读出的部分。</translation>
    </message>
    <message>
        <source>Waiting for the first token…</source>
        <translation>等待第一个词元…</translation>
    </message>
    <message>
        <source>Hide thinking</source>
        <translation>隐藏思考</translation>
    </message>
</context>
<context>
    <name>ui::ModelBar</name>
    <message>
        <source>FP8 activations</source>
        <translation>FP8 激活值</translation>
    </message>
    <message>
        <source>FP8 cache</source>
        <translation>FP8 缓存</translation>
    </message>
    <message>
        <source>Show the sidebar</source>
        <translation>显示侧边栏</translation>
    </message>
    <message>
        <source>Open a model folder</source>
        <translation>打开模型文件夹</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>没有模型</translation>
    </message>
    <message>
        <source>Open a model folder, or drop one onto the window</source>
        <translation>打开模型文件夹，或将其拖到窗口上</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>正在加载…</translation>
    </message>
    <message>
        <source>Could not be opened</source>
        <translation>无法打开</translation>
    </message>
    <message>
        <source>%1 total</source>
        <translation>共 %1 参数</translation>
    </message>
    <message>
        <source>%1 active</source>
        <translation>激活 %1</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Stops opening this model</source>
        <translation>停止打开此模型</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>Context capped to %1 of %2 because of memory</source>
        <translation>因内存不足，上下文限制为 %1（最多 %2）</translation>
    </message>
    <message>
        <source>Models of this computer</source>
        <translation>本机上的模型</translation>
    </message>
</context>
<context>
    <name>ui::ModelDetails</name>
    <message>
        <source>Choose a model to see what it is and how much memory it takes.</source>
        <translation>选择一个模型，查看其信息和所需内存。</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Show Folder</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>Remove from the List</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>Why this model cannot be opened</source>
        <translation>无法打开此模型的原因</translation>
    </message>
    <message>
        <source>Where it is</source>
        <translation>所在位置</translation>
    </message>
    <message>
        <source>%1 of the parameters are used for each token</source>
        <translation>每个词元使用其中 %1 参数</translation>
    </message>
    <message>
        <source>Also in %1</source>
        <translation>也位于 %1</translation>
    </message>
    <message>
        <source>There are more folders in it than are looked at.</source>
        <translation>其中的文件夹过多，没有全部查找。</translation>
    </message>
    <message>
        <source>This folder is not there now. Its models come back with it.</source>
        <translation>此文件夹当前不可用。恢复后其中的模型会重新出现。</translation>
    </message>
</context>
<context>
    <name>ui::NoticeBar</name>
    <message>
        <source>Notice</source>
        <translation>通知</translation>
    </message>
    <message>
        <source>Close the notice</source>
        <translation>关闭通知</translation>
    </message>
</context>
<context>
    <name>ui::OpenFolder</name>
    <message>
        <source>Open a Model Folder</source>
        <translation>打开模型文件夹</translation>
    </message>
    <message>
        <source>Add a Folder with Models</source>
        <translation>添加存放模型的文件夹</translation>
    </message>
</context>
<context>
    <name>ui::PlanView</name>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Cache of the context</source>
        <translation>上下文缓存</translation>
    </message>
    <message>
        <source>Working memory</source>
        <translation>工作内存</translation>
    </message>
    <message>
        <source>Together</source>
        <translation>合计</translation>
    </message>
    <message>
        <source>%1 of %2 available</source>
        <translation>%1 / 可用 %2</translation>
    </message>
    <message>
        <source>The cache takes %1 for each token. This model reads up to %2 tokens.</source>
        <translation>每个词元的缓存占用 %1。此模型最多读取 %2 词元。</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>可用</translation>
    </message>
</context>
<context>
    <name>ui::PromptLegend</name>
    <message>
        <source>Tokens by source</source>
        <translation>各来源的词元数</translation>
    </message>
    <message>
        <source>Cached</source>
        <translation>已缓存</translation>
    </message>
</context>
<context>
    <name>ui::PromptLook</name>
    <message>
        <source>Beginning</source>
        <translation>起始</translation>
    </message>
    <message>
        <source>Markup</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>Questions</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Thoughts</source>
        <translation>思考</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Question %1</source>
        <translation>提问 %1</translation>
    </message>
    <message>
        <source>Reply %1</source>
        <translation>回复 %1</translation>
    </message>
    <message>
        <source>Markup of “%1”</source>
        <translation>“%1”的标记</translation>
    </message>
    <message>
        <source>Thought of “%1”</source>
        <translation>“%1”的思考</translation>
    </message>
    <message>
        <source>As the template does</source>
        <translation>按模板</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>The newest only</source>
        <translation>仅最新一次</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>The template %1 leaves earlier thoughts out.</source>
        <translation>模板 %1 会省略先前的思考。</translation>
    </message>
    <message>
        <source>You chose which earlier thoughts the model sees; this one is not among them.</source>
        <translation>您选择了模型能看到哪些先前的思考，此条不在其中。</translation>
    </message>
    <message>
        <source>The thought was cut off; the model would take what follows for its end.</source>
        <translation>该思考被中断；模型会把后面的内容当作它的结尾。</translation>
    </message>
    <message>
        <source>This model does not think; it has no words for a thought.</source>
        <translation>此模型不会思考，没有表示思考的标记。</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>The template %1 keeps the last system prompt only.</source>
        <translation>模板 %1 只保留最后一条系统提示词。</translation>
    </message>
</context>
<context>
    <name>ui::PromptOmissionCard</name>
    <message>
        <source>Show less</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>全部显示</translation>
    </message>
</context>
<context>
    <name>ui::PromptOmissions</name>
    <message>
        <source>Nothing of this chat is left out</source>
        <translation>此对话没有任何内容被省略</translation>
    </message>
    <message>
        <source>Left out: %1</source>
        <translation>已省略：%1</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>另有 %1 条</translation>
    </message>
    <message>
        <source>Reply without an answer</source>
        <translation>没有回答的回复</translation>
    </message>
    <message>
        <source>It ended before its answer and would teach the model to answer nothing.</source>
        <translation>它在给出回答前就结束了，会让模型学成不作回答。</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>已省略</translation>
    </message>
</context>
<context>
    <name>ui::PromptPanel</name>
    <message>
        <source>Earlier thoughts the model sees again</source>
        <translation>模型会再次看到的先前思考</translation>
    </message>
    <message>
        <source>As this reply was asked for.</source>
        <translation>与请求此回复时相同。</translation>
    </message>
    <message>
        <source>Departs from the model&apos;s template: it was not trained to read a chat like this.</source>
        <translation>偏离了模型的模板：模型在训练中没有读过这样的对话。</translation>
    </message>
    <message>
        <source>The model reads the chat as it was trained to.</source>
        <translation>模型按训练时的方式阅读对话。</translation>
    </message>
</context>
<context>
    <name>ui::PromptStrip</name>
    <message>
        <source>Overview of the prompt</source>
        <translation>提示词概览</translation>
    </message>
    <message>
        <source>%1 tokens, of them cached: %2</source>
        <translation>共 %1 个词元，其中已缓存：%2</translation>
    </message>
    <message>
        <source>%1: %2 tokens from %3</source>
        <translation>%1：%2 个词元，始于 %3</translation>
    </message>
</context>
<context>
    <name>ui::PromptTextView</name>
    <message>
        <source>%1 tokens cached</source>
        <translation>已缓存 %1 个词元</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>ui::PromptWindow</name>
    <message>
        <source>A reply is being written. The prompt of the next message follows when it has ended.</source>
        <translation>正在生成回复。回复结束后将显示下一条消息的提示词。</translation>
    </message>
    <message>
        <source>Making the prompt…</source>
        <translation>正在生成提示词…</translation>
    </message>
    <message>
        <source>No match</source>
        <translation>无匹配</translation>
    </message>
    <message>
        <source>Token %1</source>
        <translation>词元 %1</translation>
    </message>
    <message>
        <source>Tokens %1 to %2</source>
        <translation>词元 %1 至 %2</translation>
    </message>
    <message>
        <source>id %1</source>
        <translation>编号 %1</translation>
    </message>
    <message>
        <source>“%1”</source>
        <translation>“%1”</translation>
    </message>
    <message>
        <source>cached</source>
        <translation>已缓存</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>What %1 is sent with the next message; nothing is written yet</source>
        <translation>%1 随下一条消息收到的内容；尚未写入文字</translation>
    </message>
    <message>
        <source>What %1 is sent for this reply</source>
        <translation>%1 为生成此回复收到的内容</translation>
    </message>
    <message>
        <source>What %1 is sent with the message in the text field</source>
        <translation>%1 随输入框中的消息收到的内容</translation>
    </message>
    <message>
        <source>template %1</source>
        <translation>模板 %1</translation>
    </message>
    <message>
        <source>it goes on with a thought</source>
        <translation>接下来是思考</translation>
    </message>
    <message>
        <source>it goes on with an answer</source>
        <translation>接下来是回答</translation>
    </message>
    <message>
        <source>Exact Prompt</source>
        <translation>确切的提示词</translation>
    </message>
    <message>
        <source>Exact prompt</source>
        <translation>确切的提示词</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>White space</source>
        <translation>空白字符</translation>
    </message>
    <message>
        <source>Show spaces, tabs and line breaks</source>
        <translation>显示空格、制表符和换行</translation>
    </message>
    <message>
        <source>Find in the prompt</source>
        <translation>在提示词中查找</translation>
    </message>
    <message>
        <source>Text of the prompt</source>
        <translation>提示词文本</translation>
    </message>
    <message>
        <source>Tokens of the prompt</source>
        <translation>提示词的词元</translation>
    </message>
    <message>
        <source>Copy Text</source>
        <translation>复制文本</translation>
    </message>
    <message>
        <source>Copy Token IDs</source>
        <translation>复制词元编号</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ui::RoutingStrip</name>
    <message>
        <source>Expert routing</source>
        <translation>专家路由</translation>
    </message>
    <message>
        <source>%1 mixture-of-experts layers with %2 experts each; %3 are used per token</source>
        <translation>%1 个混合专家层，每层 %2 个专家；每个词元使用 %3 个</translation>
    </message>
    <message>
        <source>Layer %1, expert %2</source>
        <translation>第 %1 层，专家 %2</translation>
    </message>
    <message>
        <source>%1 — used by the newest token</source>
        <translation>%1 — 最新词元正在使用</translation>
    </message>
</context>
<context>
    <name>ui::SamplerAdvice</name>
    <message>
        <source>temperature %1</source>
        <translation>温度 %1</translation>
    </message>
    <message>
        <source>%1 (%2 to %3)</source>
        <translation>%1（%2 至 %3）</translation>
    </message>
    <message>
        <source>top-p %1</source>
        <translation>top-p %1</translation>
    </message>
    <message>
        <source>up to %1 tokens</source>
        <translation>最多 %1 个词元</translation>
    </message>
    <message>
        <source>Temperature, top-p and length recommended for this model</source>
        <translation>此模型推荐的温度、top-p 和长度</translation>
    </message>
    <message>
        <source>This model recommends nothing; these are usual values</source>
        <translation>此模型没有推荐值；以下为常用值</translation>
    </message>
    <message>
        <source>, </source>
        <comment>between values</comment>
        <translation>、</translation>
    </message>
    <message>
        <source>For this model: %1</source>
        <translation>此模型：%1</translation>
    </message>
    <message>
        <source>Recommended by %1: %2</source>
        <translation>%1 推荐：%2</translation>
    </message>
    <message>
        <source>Temperature 0: this model is known to repeat itself without end.</source>
        <translation>温度为 0：已知此模型会无休止地重复。</translation>
    </message>
    <message>
        <source>Temperature below %1: this model tends to repeat itself.</source>
        <translation>温度低于 %1：此模型容易重复。</translation>
    </message>
    <message>
        <source>Temperature above %1: this model&apos;s replies tend to lose their thread.</source>
        <translation>温度高于 %1：此模型的回复容易失去条理。</translation>
    </message>
    <message>
        <source>A thought may use all of it, and the answer is then cut off.</source>
        <translation>思考可能用尽全部长度，回答会因此被截断。</translation>
    </message>
    <message>
        <source>The authors of this model advise against a system prompt: write instructions into your message.</source>
        <translation>此模型的作者不建议使用系统提示词：请把指示写在你的消息里。</translation>
    </message>
</context>
<context>
    <name>ui::SamplerSettings</name>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Use the model&apos;s recommended values</source>
        <translation>使用模型推荐值</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>0 always takes the likeliest token; higher is more varied</source>
        <translation>0 总是取最可能的词元；越高越多样</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Keeps the likeliest tokens up to this share; 1 keeps all</source>
        <translation>只保留累计概率不超过此值的词元；1 为全部</translation>
    </message>
    <message>
        <source>Longest reply</source>
        <translation>最长回复</translation>
    </message>
    <message>
        <source>In tokens, thinking included</source>
        <translation>以词元计，含思考</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Keeps this many of the likeliest tokens</source>
        <translation>只保留最可能的若干个词元</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Drops tokens below this share of the likeliest one</source>
        <translation>丢弃概率低于最高者此比例的词元</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>1 does nothing; higher avoids repeating</source>
        <translation>1 不起作用；越高越避免重复</translation>
    </message>
    <message>
        <source>New seed for every reply</source>
        <translation>每次回复使用新种子</translation>
    </message>
    <message>
        <source>Off: the same question gets the same reply</source>
        <translation>关闭后，相同问题得到相同回复</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Not a whole number from 0 to 18446744073709551615; the last valid seed stays.</source>
        <translation>不是 0 到 18446744073709551615 之间的整数；仍使用上一个有效种子。</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Reset to Recommended</source>
        <translation>恢复推荐值</translation>
    </message>
</context>
<context>
    <name>ui::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ui::ShortcutsDialog</name>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ui::Sidebar</name>
    <message>
        <source>Your conversations will appear here</source>
        <translation>你的对话会显示在这里</translation>
    </message>
    <message>
        <source>No matching conversations</source>
        <translation>没有匹配的对话</translation>
    </message>
    <message>
        <source>Hide the sidebar</source>
        <translation>隐藏侧边栏</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search conversations by title</source>
        <translation>按标题搜索对话</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话列表</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
</context>
<context>
    <name>ui::Sparkline</name>
    <message>
        <source>Throughput</source>
        <translation>生成速度</translation>
    </message>
    <message>
        <source>No reply yet</source>
        <translation>还没有回复</translation>
    </message>
    <message>
        <source>%1 tokens per second</source>
        <translation>每秒 %1 个词元</translation>
    </message>
    <message>
        <source>Tokens per second of the current reply</source>
        <translation>当前回复每秒的词元数</translation>
    </message>
    <message>
        <source>%1 tokens per second, last 60 seconds</source>
        <translation>每秒 %1 个词元，最近 60 秒</translation>
    </message>
    <message>
        <source>tok/s</source>
        <translation>词元/秒</translation>
    </message>
</context>
<context>
    <name>ui::StatisticsText</name>
    <message>
        <source>%1 tok/s</source>
        <comment>tokens per second</comment>
        <translation>%1 词元/秒</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <comment>milliseconds</comment>
        <translation>%1 毫秒</translation>
    </message>
    <message>
        <source>%1 s</source>
        <comment>seconds</comment>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 分 %2 秒</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 小时 %2 分</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 个词元</translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform>%1 个词元</numerusform>
        </translation>
    </message>
    <message>
        <source>thinking %1</source>
        <comment>speed</comment>
        <translation>思考 %1</translation>
    </message>
    <message>
        <source>answer %1</source>
        <comment>speed</comment>
        <translation>回答 %1</translation>
    </message>
    <message>
        <source>prompt %1</source>
        <comment>speed</comment>
        <translation>提示词 %1</translation>
    </message>
    <message>
        <source>first token %1</source>
        <comment>latency</comment>
        <translation>首个词元 %1</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>正在读取提示词…</translation>
    </message>
    <message>
        <source>Reading the prompt: %1 of %2 tokens</source>
        <translation>正在读取提示词：%1 / %2 个词元</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source> in %1</source>
        <translation>，用时 %1</translation>
    </message>
    <message>
        <source>Prompt read</source>
        <translation>读取提示词</translation>
    </message>
    <message>
        <source>Prompt taken from the cache: %1</source>
        <translation>提示词取自缓存：%1</translation>
    </message>
    <message>
        <source>First token after %1</source>
        <translation>首个词元用时 %1</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>思考</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Context used: %1 of %2 tokens</source>
        <translation>上下文：已用 %1 / %2 个词元</translation>
    </message>
    <message>
        <source>Temperature %1, top-p %2, seed %3</source>
        <translation>温度 %1，top-p %2，种子 %3</translation>
    </message>
    <message>
        <source>cached %1</source>
        <comment>part of the prompt</comment>
        <translation>缓存 %1</translation>
    </message>
    <message>
        <source>Thinking switched on</source>
        <translation>已开启思考</translation>
    </message>
    <message>
        <source>Thinking switched off</source>
        <translation>已关闭思考</translation>
    </message>
    <message>
        <source>Saw all earlier thoughts again</source>
        <translation>再次看到了全部先前的思考</translation>
    </message>
    <message>
        <source>Saw the newest earlier thought again</source>
        <translation>再次看到了最新一次先前的思考</translation>
    </message>
    <message>
        <source>Saw no earlier thought again</source>
        <translation>没有再次看到先前的思考</translation>
    </message>
</context>
<context>
    <name>ui::SystemPromptSettings</name>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Instructions for the model</source>
        <translation>给模型的指示</translation>
    </message>
    <message>
        <source>New conversations begin with them; existing ones keep their own.</source>
        <translation>新对话以此开头；已有对话保留各自的系统提示词。</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
</context>
<context>
    <name>ui::ThinkingBox</name>
    <message>
        <source>Thinking…</source>
        <translation>正在思考…</translation>
    </message>
    <message>
        <source>Thought for %1</source>
        <translation>思考了 %1</translation>
    </message>
    <message>
        <source>Thought</source>
        <translation>思考过程</translation>
    </message>
    <message>
        <source>Stopped while thinking</source>
        <translation>思考时被停止</translation>
    </message>
    <message>
        <source>Failed while thinking</source>
        <translation>思考时出错</translation>
    </message>
    <message>
        <source>Length limit reached while thinking</source>
        <translation>思考时达到长度上限</translation>
    </message>
    <message>
        <source>Context full while thinking</source>
        <translation>思考时上下文已满</translation>
    </message>
    <message>
        <source>Interrupted while thinking</source>
        <translation>思考时被中断</translation>
    </message>
</context>
<context>
    <name>ui::TranscriptView</name>
    <message>
        <source>code</source>
        <translation>代码</translation>
    </message>
    <message>
        <source>contains hidden characters</source>
        <translation>含有隐藏字符</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
</context>
<context>
    <name>ui::WelcomeView</name>
    <message>
        <source>What shall we look into?</source>
        <translation>今天想看看什么？</translation>
    </message>
    <message>
        <source>Loading %1…</source>
        <translation>正在加载 %1…</translation>
    </message>
    <message>
        <source>Bathyscope runs DeepSeek models on this computer and shows how they think.</source>
        <translation>Bathyscope 在这台电脑上运行 DeepSeek 模型，并展示它们的思考过程。</translation>
    </message>
    <message>
        <source>%1 answers on this computer, and you can watch it think.</source>
        <translation>%1 在这台电脑上作答，你可以看着它思考。</translation>
    </message>
    <message>
        <source>Open Model Folder…</source>
        <translation>打开模型文件夹…</translation>
    </message>
    <message>
        <source>What is 47*86?</source>
        <translation>47*86等于多少？</translation>
    </message>
    <message>
        <source>Sort 52, 7, 381, 94</source>
        <translation>把52、7、381、94从小到大排序。</translation>
    </message>
    <message>
        <source>How many r are in strawberry?</source>
        <translation>strawberry里有几个r？</translation>
    </message>
    <message>
        <source>Reverse the word planet</source>
        <translation>把planet倒过来写</translation>
    </message>
    <message>
        <source>Which is larger, 739 or 793?</source>
        <translation>739和793哪个大？</translation>
    </message>
    <message>
        <source>What is a mixture of experts?</source>
        <translation>什么是混合专家？</translation>
    </message>
    <message>
        <source>Sends this example</source>
        <translation>发送此示例</translation>
    </message>
</context>
<context>
    <name>ui::DeviceText</name>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>This build of Bathyscope has no part for NVIDIA GPUs. Install the CUDA Toolkit and build it again.</source>
        <translation>此版本的 Bathyscope 不含 NVIDIA GPU 组件。请安装 CUDA Toolkit 后重新构建。</translation>
    </message>
    <message>
        <source>No NVIDIA driver is installed. Install one that serves CUDA %1.</source>
        <translation>未安装 NVIDIA 驱动程序。请安装支持 CUDA %1 的驱动程序。</translation>
    </message>
    <message>
        <source>The NVIDIA driver serves CUDA %1, but CUDA %2 is needed. Install a newer driver.</source>
        <translation>NVIDIA 驱动程序支持 CUDA %1，但需要 CUDA %2。请安装更新的驱动程序。</translation>
    </message>
    <message>
        <source>The NVIDIA driver reports no GPU. Check that one is built in and not hidden by CUDA_VISIBLE_DEVICES.</source>
        <translation>NVIDIA 驱动程序未报告任何 GPU。请检查是否装有 GPU，以及它是否被 CUDA_VISIBLE_DEVICES 隐藏。</translation>
    </message>
    <message>
        <source>This GPU has compute capability %1, but %2 or newer is needed. Choose another device.</source>
        <translation>此 GPU 的计算能力为 %1，需要 %2 或更高。请选择其他设备。</translation>
    </message>
    <message>
        <source>It failed and is not used again until Bathyscope is restarted.</source>
        <translation>它已出现故障，在重新启动 Bathyscope 之前不会再使用。</translation>
    </message>
    <message>
        <source>The part for NVIDIA GPUs does not belong to this version. Install Bathyscope again.</source>
        <translation>NVIDIA GPU 组件与此版本不匹配。请重新安装 Bathyscope。</translation>
    </message>
    <message>
        <source>The NVIDIA driver does not answer. Check it with nvidia-smi, or restart the computer.</source>
        <translation>NVIDIA 驱动程序没有响应。请用 nvidia-smi 检查，或重新启动电脑。</translation>
    </message>
</context>
<context>
    <name>ui::DeviceChoice</name>
    <message>
        <source>%1 · %2 free</source>
        <extracomment>a device and its free memory</extracomment>
        <translation>%1 · 可用 %2</translation>
    </message>
    <message>
        <source>%1 · cannot be used</source>
        <translation>%1 · 无法使用</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>NVIDIA GPU · cannot be used</source>
        <translation>NVIDIA GPU · 无法使用</translation>
    </message>
    <message>
        <source>%1 · not there</source>
        <translation>%1 · 不存在</translation>
    </message>
    <message>
        <source>This computer does not have %1 now.</source>
        <translation>这台电脑上现在没有 %1。</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Device the model is opened on</source>
        <translation>打开模型所用的设备</translation>
    </message>
</context>
<context>
    <name>ui::DeviceFigures</name>
    <message>
        <source>1 thread</source>
        <translation>1 个线程</translation>
    </message>
    <message>
        <source>%1 threads</source>
        <translation>%1 个线程</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <extracomment>memory that is used, and all there is</extracomment>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>up to %1</source>
        <extracomment>memory the model takes when its context is full</extracomment>
        <translation>最多 %1</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
</context>
<context>
    <name>ui::PrecisionChoice</name>
    <message>
        <source>Keep the cache in FP8</source>
        <translation>用 FP8 保存缓存</translation>
    </message>
    <message>
        <source>More context in the same memory. Answers can differ a little.</source>
        <translation>同样的内存可容纳更长的上下文，回答可能略有不同。</translation>
    </message>
    <message>
        <source>Compute with FP8 activations</source>
        <translation>用 FP8 激活值计算</translation>
    </message>
    <message>
        <source>Rounds as the model was trained: for GPUs that multiply FP8. Answers can differ a little.</source>
        <translation>按模型训练时的方式舍入，适合支持 FP8 乘法的 GPU，回答可能略有不同。</translation>
    </message>
</context>
</TS>
